// Every opcode that is not left to rp2040js, executed both ways from the same state: registers, flags, memory, cycles.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { executor } from "../instructions.js";
import { KINDS } from "../opcodes.js";

const BUILD = process.env.RP2_EMULATOR_BUILD ?? fileURLToPath(new URL("../../../build/rp2-emulator", import.meta.url));
const { RP2040 } = createRequire(`${BUILD}/package.json`)("rp2040js");
const SRAM = 0x20000000;
/** Where everything happens: code at the start, data around the middle. */
const WINDOW = 4096;
const CODE = SRAM + 256;
const MIDDLE = SRAM + WINDOW / 2;
const FLAGS = ["N", "Z", "C", "V"];
/** BLX LR: rp2040js writes LR before it reads the target. The manual's order is the other one (A6.7.14). */
const BLX_LR = 0x47f0;

/** Numbers that look random and are the same in every run. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

/** Values at which flags change, and others. */
function interesting(next) {
  const edges = [0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe, 31, 32, 255];
  return next() % 3 === 0 ? edges[next() % edges.length] : next();
}

/** Which registers an opcode takes an address from, and which one it adds to it. */
function addressing(opcode) {
  const [middle, third, upper] = [(opcode >> 3) & 7, (opcode >> 6) & 7, (opcode >> 8) & 7];
  if (opcode >> 12 === 0b0101) return { base: middle, index: third };
  if (opcode >> 13 === 0b011 || opcode >> 12 === 0b1000) return { base: middle };
  if (opcode >> 12 === 0b1100) return { base: upper };
  return {};
}

function prepare(mcu, opcode, next) {
  const { core } = mcu;
  for (let at = 0; at < WINDOW; at += 4) mcu.sramView.setUint32(at, next(), true);
  mcu.sramView.setUint16(CODE - SRAM, opcode, true);
  mcu.sramView.setUint16(CODE - SRAM + 2, 0xd000 | next(), true);
  for (let index = 0; index < 15; index++) core.registers[index] = interesting(next);
  core.registers[13] = MIDDLE + 4 * (next() % 32);
  core.registers[15] = CODE;
  const { base, index } = addressing(opcode);
  // Mostly aligned; half-words always, because rp2040js does not mind.
  if (base !== undefined) core.registers[base] = MIDDLE + (next() % 8 === 0 ? 2 * (next() % 32) : 4 * (next() % 16));
  if (index !== undefined && index !== base)
    core.registers[index] = next() % 2 === 0 ? 4 * (next() % 16) : -4 * (next() % 16);
  FLAGS.forEach((flag) => (core[flag] = next() % 2 === 0));
  core.interruptsUpdated = false;
  core.currentMode = 0;
}

const stateOf = ({ core, sram }) => ({
  registers: core.registers.slice(),
  flags: FLAGS.map((flag) => core[flag]),
  memory: sram.slice(0, WINDOW),
});

function restore(mcu, { registers, flags, memory }) {
  mcu.core.registers.set(registers);
  FLAGS.forEach((flag, index) => (mcu.core[flag] = flags[index]));
  mcu.sram.set(memory);
}

/** What executing does: cycles or an error, and the state after it. */
function outcome(mcu, execute) {
  let cycles;
  try {
    cycles = execute();
  } catch (error) {
    cycles = error.message;
  }
  return { cycles, ...stateOf(mcu) };
}

test("the short way and rp2040js agree on every opcode", () => {
  const mcu = new RP2040();
  const silent = () => {};
  const fail = (component, text) => {
    throw new Error(text);
  };
  mcu.logger = { debug: silent, info: silent, warn: silent, error: fail };
  const execute = executor(mcu);
  const next = numbers(1);
  let compared = 0;
  for (let opcode = 0; opcode < 0x10000; opcode++) {
    if (KINDS[opcode] === 0 || opcode === BLX_LR) continue;
    const { base, index } = addressing(opcode);
    // A sum of two addresses is no address.
    if (base !== undefined && base === index) continue;
    prepare(mcu, opcode, next);
    const before = stateOf(mcu);
    const theirs = outcome(mcu, () => mcu.core.executeInstruction());
    restore(mcu, before);
    const ours = outcome(mcu, execute);
    assert.deepEqual(ours, theirs, `opcode 0x${opcode.toString(16)}`);
    compared++;
  }
  assert.ok(compared > 50_000, `${compared} compared`);
});

test("conditions agree for all flags", () => {
  const mcu = new RP2040();
  const execute = executor(mcu);
  for (let bits = 0; bits < 16; bits++) {
    for (let condition = 0; condition < 14; condition++) {
      mcu.sramView.setUint16(CODE - SRAM, 0xd000 | (condition << 8) | 0x80, true);
      FLAGS.forEach((flag, index) => (mcu.core[flag] = ((bits >> index) & 1) === 1));
      mcu.core.interruptsUpdated = false;
      mcu.core.PC = CODE;
      const [theirs, theirPC] = [mcu.core.executeInstruction(), mcu.core.PC];
      mcu.core.PC = CODE;
      assert.deepEqual([execute(), mcu.core.PC], [theirs, theirPC], `condition ${condition}, flags ${bits}`);
    }
  }
});

test("a half-word at an odd address is an error", () => {
  for (const opcode of [0x8808, 0x8008]) {
    const mcu = new RP2040();
    mcu.sramView.setUint16(CODE - SRAM, opcode, true);
    mcu.core.interruptsUpdated = false;
    mcu.core.PC = CODE;
    mcu.core.registers[1] = MIDDLE + 1;
    mcu.logger = {
      error: (component, text) => {
        throw new Error(text);
      },
    };
    assert.throws(executor(mcu), /not 16 bit aligned/);
  }
});

test("BLX LR goes where LR said", () => {
  const mcu = new RP2040();
  const execute = executor(mcu);
  mcu.sramView.setUint16(CODE - SRAM, BLX_LR, true);
  mcu.core.interruptsUpdated = false;
  mcu.core.PC = CODE;
  mcu.core.LR = SRAM + 0x801;
  assert.equal(execute(), 2);
  assert.deepEqual([mcu.core.PC, mcu.core.LR], [SRAM + 0x800, CODE + 3]);
});

test("a return from an exception is left to rp2040js", () => {
  for (const opcode of [0x4770, 0xbd00]) {
    const mcu = new RP2040();
    const execute = executor(mcu);
    const { core } = mcu;
    mcu.sramView.setUint16(CODE - SRAM, opcode, true);
    core.currentMode = 1;
    core.interruptsUpdated = false;
    core.SP = MIDDLE;
    core.LR = 0xfffffff9;
    mcu.writeUint32(MIDDLE, 0xfffffff9);
    const frame = opcode === 0x4770 ? MIDDLE : MIDDLE + 4;
    mcu.writeUint32(frame + 0x18, SRAM + 0x800);
    core.PC = CODE;
    execute();
    assert.equal(core.currentMode, 0);
    assert.equal(core.PC, SRAM + 0x800);
    assert.equal(core.SP, frame + 0x20);
  }
});
