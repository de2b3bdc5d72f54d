// node main.js [options] FIRMWARE: a Pico with that firmware, at the other end of the link that USBSIM_LINK names.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { Board } from "./board.js";
import { Flash } from "./flash.js";
import { readImage } from "./image.js";
import { serve } from "./link.js";
import { Port } from "./port.js";
import { Profile, readFunctions } from "./profile.js";
import { UartLine } from "./uart.js";
import { RULES, UPSTREAM } from "./usb/rules.js";

const USAGE = `node main.js [options] FIRMWARE        FIRMWARE: .uf2, .elf or .bin for an RP2040
  --flash FILE      keep the flash chip's content here (made if it is not there)
  --allow RULE      let the firmware break this rule; "upstream": all that upstream's C driver breaks; "list": show them
  --revision R      of the chip, B1 or B2 (default B2)
  --cycles FILE     a line for each transaction: bus time, active cycles so far, what it was
  --profile FILE    write where the active cycles went; FIRMWARE is an .elf file then
  --profile-from MS count them from this bus time on
  --uart-output FILE  append what UART0 sends here (default: standard error)
  --uart-input FILE   UART0 receives what is in this file, and what is appended to it later
  --build DIR       where rp2040js and the boot ROM are (default build/rp2-emulator)
  --verbose         the emulator's own warnings
USBSIM_LINK names the link; usbsim run --device sets it.`;

const OPTIONS = {
  flash: { type: "string" },
  allow: { type: "string", multiple: true, default: [] },
  revision: { type: "string", default: "B2" },
  cycles: { type: "string" },
  profile: { type: "string" },
  "profile-from": { type: "string", default: "0" },
  "uart-output": { type: "string" },
  "uart-input": { type: "string" },
  build: { type: "string" },
  verbose: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

function allowedRules(names) {
  const allowed = new Set();
  for (const name of names) {
    if (name === "upstream") UPSTREAM.forEach(({ rule }) => allowed.add(rule));
    else if (name in RULES) allowed.add(name);
    else throw new Error(`--allow ${name}: there is no such rule; --allow list shows them`);
  }
  return allowed;
}

function listRules() {
  for (const [name, text] of Object.entries(RULES)) {
    console.log(`${name}\n    ${text}`);
    UPSTREAM.filter(({ rule }) => rule === name).forEach(({ where, why }) =>
      console.log(`    upstream's C driver: ${where}: ${why}`),
    );
  }
}

/** Lines for a file, written in larger pieces. */
function recorder(file) {
  if (file === undefined) return { record: null, end: () => {} };
  let lines = [];
  fs.writeFileSync(file, "");
  const end = () => {
    fs.appendFileSync(file, lines.join(""));
    lines = [];
  };
  const record = (line) => {
    lines.push(line);
    if (lines.length >= 4096) end();
  };
  return { record, end };
}

/** @returns {Profile | null} */
function profileOf(values, firmware) {
  if (values.profile === undefined) return null;
  const from = Number(values["profile-from"]);
  if (!(from >= 0)) throw new Error(`--profile-from ${values["profile-from"]}: milliseconds of bus time`);
  return new Profile(readFunctions(firmware), from * 1e6);
}

function summary(board, seconds) {
  const speed = (board.instructions / seconds / 1e6).toFixed(1);
  const { activeCycles, instructions } = board;
  board.say(`${(board.now / 1e6).toFixed(3)} ms: ${activeCycles} active cycles, ${instructions} instructions`);
  if (board.options.verbose) board.say(`${speed} million instructions a second`);
  for (const [rule, count] of board.tolerated) board.say(`rule ${rule} was broken ${count} times (allowed)`);
}

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.allow.includes("list")) return listRules();
  if (values.help || positionals.length !== 1) throw new Error(USAGE);
  if (!["B1", "B2"].includes(values.revision)) throw new Error(`--revision ${values.revision}: B1 or B2`);
  const link = process.env.USBSIM_LINK;
  if (link === undefined) throw new Error(`USBSIM_LINK is not set: start this by usbsim run --device\n${USAGE}`);
  const here = path.dirname(fileURLToPath(import.meta.url));
  const build = path.resolve(values.build ?? path.join(here, "../../build/rp2-emulator"));
  const profile = profileOf(values, positionals[0]);
  const board = new Board({
    modules: build,
    rom: path.join(build, "rom.bin"),
    flash: new Flash(readImage(positionals[0]), values.flash ?? null),
    allowed: allowedRules(values.allow),
    revision: values.revision,
    verbose: values.verbose,
    profile,
    uart: new UartLine(values["uart-output"], values["uart-input"]),
  });
  const { record, end } = recorder(values.cycles);
  const begin = process.hrtime.bigint();
  try {
    await serve(link, `Raspberry Pi Pico, RP2040 ${values.revision} (emulated)`, new Port(board, record));
  } finally {
    end();
    if (profile !== null) fs.writeFileSync(values.profile, profile.report());
    summary(board, Number(process.hrtime.bigint() - begin) / 1e9);
  }
}

main().catch((error) => {
  console.error(`rp2040: ${error.message}`);
  process.exitCode = 1;
});
