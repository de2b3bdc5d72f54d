// Where cycles go, by function.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";

import { Profile, readFunctions } from "../profile.js";

/** An .elf file with nothing but symbols: [name, value, type]. */
function elf(symbols) {
  const names = Buffer.from(`\0${symbols.map(([name]) => name).join("\0")}\0`);
  const table = Buffer.alloc(16 * symbols.length);
  symbols.forEach(([name, value, type], index) => {
    table.writeUInt32LE(names.indexOf(`\0${name}\0`) + 1, 16 * index);
    table.writeUInt32LE(value, 16 * index + 4);
    table[16 * index + 12] = type;
  });
  const head = Buffer.alloc(52);
  head.writeUInt32BE(0x7f454c46, 0);
  head.writeUInt32LE(52, 32);
  head.writeUInt16LE(40, 46);
  head.writeUInt16LE(2, 48);
  const sections = Buffer.alloc(80);
  // Symbols, with their names in section 1; then the names.
  [2, 132, table.length, 1].forEach((word, index) => sections.writeUInt32LE(word, [4, 16, 20, 24][index]));
  sections.writeUInt32LE(132 + table.length, 40 + 16);
  return Buffer.concat([head, sections, table, names]);
}

test("functions are read from an .elf file, in the order of their addresses, and nothing else is", () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "profile-")), "one.elf");
  const object = 1;
  fs.writeFileSync(file, elf([["second", 0x10000201, 2], ["table", 0x10000300, object], ["first", 0x10000101, 0x12]]));
  assert.deepEqual(readFunctions(file), [
    { address: 0x10000100, name: "first" },
    { address: 0x10000200, name: "second" },
  ]);
  fs.writeFileSync(file, "UF2\n");
  assert.throws(() => readFunctions(file), /is no \.elf file/);
});

test("cycles are counted from a moment on, calls at a function's first instruction", () => {
  const functions = [
    { address: 0x10000100, name: "first" },
    { address: 0x10000200, name: "second" },
  ];
  const profile = new Profile(functions, 1000);
  const places = [0x10000200, 0x10000102, 0x10000200, 0x10000202, 0x10000200, 0x100];
  const core = { PC: 0 };
  const clock = { nanosCounter: 992 };
  const processor = { core, clock, charge: 0, execute: () => 2 };
  profile.watch(processor);
  for (const place of places) {
    core.PC = place;
    processor.charge = place === 0x10000202 ? 15 : 0;
    assert.equal(processor.execute(), 2);
    clock.nanosCounter += 8;
  }
  const rows = profile.report().trimEnd().split("\n").map((line) => line.trim().split(/\s{2,}|(?<=%)\s+/));
  assert.deepEqual(rows.slice(1), [
    ["15", "60.0 %", "0", "(exception entry and exit)"],
    ["6", "24.0 %", "2", "second"],
    ["2", "8.0 %", "0", "first"],
    ["2", "8.0 %", "0", "(boot ROM and others)"],
  ]);
});
