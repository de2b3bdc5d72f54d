// The board around the controller: boot ROM, flash, clock, sleep. Small programs in SRAM, no firmware.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { UartLine } from "../uart.js";
import { Board, Stopped } from "../board.js";
import { Flash, FLASH_SIZE } from "../flash.js";
import { readImage } from "../image.js";

const BUILD = process.env.RP2_EMULATOR_BUILD ?? fileURLToPath(new URL("../../../build/rp2-emulator", import.meta.url));
const CODE = 0x20000000;
const DATA = 0x20010000;
const STACK = 0x20020000;
const RETURN = 0x20030000;
const NOP = 0xbf00;
const STAY = 0xe7fe;
const WFE = 0xbf20;
const WFI = 0xbf30;
const SEV = 0xbf40;
const CPSID = 0xb672;
const TIMER_IRQ = 0;

function board(options = {}) {
  const flash = options.flash ?? new Flash([], null);
  const silent = { allowed: new Set(), revision: "B2", verbose: false, uart: new UartLine() };
  return new Board({ modules: BUILD, rom: path.join(BUILD, "rom.bin"), flash, ...silent, ...options });
}

/** A board about to run these instructions. */
function running(instructions, options) {
  const one = board(options);
  instructions.forEach((opcode, index) => one.mcu.writeUint16(CODE + 2 * index, opcode));
  one.mcu.core.PC = CODE;
  one.mcu.core.SP = STACK;
  return one;
}

/** Gives interrupt 0 a handler that returns at once, and enables it. */
function withHandler(one) {
  const { core } = one.mcu;
  core.VTOR = 0x20038000;
  one.mcu.writeUint32(core.VTOR + 4 * 16, RETURN + 1);
  one.mcu.writeUint16(RETURN, 0x4770);
  core.enabledInterrupts = 1 << TIMER_IRQ;
}

/** The address of a ROM function, found as firmware finds it. */
function romFunction(one, name) {
  let at = one.mcu.readUint16(0x14);
  for (; one.mcu.readUint16(at) !== 0; at += 4) {
    if (one.mcu.readUint16(at) === (name.charCodeAt(0) | (name.charCodeAt(1) << 8))) return one.mcu.readUint16(at + 2);
  }
  return assert.fail(`the ROM has no ${name}`);
}

/** Calls a function with up to four arguments. @returns {number} R0 */
function call(one, address, ...given) {
  const { core } = one.mcu;
  one.mcu.writeUint16(RETURN, STAY);
  given.forEach((value, index) => (core.registers[index] = value));
  core.LR = RETURN + 1;
  core.SP = STACK;
  core.PC = address & ~1;
  const end = one.now + 1e9;
  while (core.PC !== RETURN && one.now < end) one.run(one.now + 8, false);
  assert.equal(core.PC, RETURN, "the function has returned");
  return core.registers[0] >>> 0;
}

test("reset runs the first 256 bytes of flash in SRAM", () => {
  const second = new Uint8Array(256);
  second.set([0xfe, 0xe7]);
  const one = board({ flash: new Flash([{ offset: 0, bytes: second }], null) });
  one.run(100000, false);
  assert.equal(one.mcu.core.PC, 0x20041f00);
  assert.equal(one.mcu.core.LR, 0);
});

test("the boot ROM's bit functions", () => {
  const one = board();
  const check = (name, expected) => {
    for (const value of [0, 1, 2, 0x80000000, 0xffffffff, 0x00012300, 0xdeadbeef]) {
      assert.equal(call(one, romFunction(one, name), value), expected(value), `${name}(0x${value.toString(16)})`);
    }
  };
  const bits = (value) => value.toString(2).padStart(32, "0");
  check("P3", (value) => bits(value).replaceAll("0", "").length);
  check("R3", (value) => parseInt([...bits(value)].reverse().join(""), 2));
  check("L3", (value) => Math.clz32(value));
  check("T3", (value) => (value === 0 ? 32 : bits(value).length - 1 - bits(value).lastIndexOf("1")));
});

test("the boot ROM copies and fills, aligned or not", () => {
  const one = board();
  const [from, to] = [DATA, DATA + 256];
  for (let index = 0; index < 64; index++) one.mcu.writeUint8(from + index, index + 1);
  for (const [source, target, count] of [
    [0, 0, 32],
    [1, 2, 17],
    [3, 3, 5],
    [0, 0, 0],
    [4, 1, 31],
  ]) {
    call(one, romFunction(one, "MS"), to, 0xee, 64);
    assert.equal(call(one, romFunction(one, "MC"), to + target, from + source, count), to + target);
    for (let index = 0; index < 64; index++) {
      const copied = index >= target && index < target + count;
      assert.equal(one.mcu.readUint8(to + index), copied ? source + index - target + 1 : 0xee);
    }
  }
  call(one, romFunction(one, "MS"), to, 0xee, 64);
  call(one, romFunction(one, "MS"), to + 3, 0x155, 6);
  const around = [2, 3, 8, 9].map((index) => one.mcu.readUint8(to + index));
  assert.deepEqual(around, [0xee, 0x55, 0x55, 0xee]);
});

test("the boot ROM's floating point rounds down to integers", () => {
  const one = board();
  const [FLOAT_TO_INT, FADD, FDIV] = [7, 0, 3];
  let at = one.mcu.readUint16(0x16);
  assert.equal(one.mcu.readUint16(at), 0x4653);
  at = one.mcu.readUint16(at + 2);
  assert.equal(one.mcu.readUint8(at - 2), 32);
  const bits = (value) => new Uint32Array(Float32Array.of(value).buffer)[0];
  const entry = (index) => one.mcu.readUint32(at + 4 * index);
  for (const value of [0, 1.75, -1.75, -2, 123456.5, -0.25]) {
    assert.equal(call(one, entry(FLOAT_TO_INT), bits(value)) | 0, Math.floor(value));
  }
  assert.equal(call(one, entry(FADD), bits(1.5), bits(2.25)), bits(3.75));
  assert.equal(call(one, entry(FDIV), bits(1), bits(3)), bits(1 / 3));
});

test("flash is erased and programmed through the boot ROM, takes its time, and is kept in its file", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rp2040-"));
  const file = path.join(folder, "flash.bin");
  const one = board({ flash: new Flash([], file) });
  for (let index = 0; index < 256; index++) one.mcu.writeUint8(DATA + index, index ^ 0x5a);
  const before = one.now;
  call(one, romFunction(one, "RP"), 0x1000, DATA, 256);
  assert.ok(one.now - before >= 0.4e6 && one.now - before < 0.41e6, `${one.now - before} ns for a page`);
  assert.equal(one.mcu.readUint8(0x10001007), 7 ^ 0x5a);
  assert.equal(fs.readFileSync(file)[0x1007], 7 ^ 0x5a);
  one.mcu.writeUint8(DATA + 7, 0xff);
  call(one, romFunction(one, "RP"), 0x1000, DATA, 256);
  assert.equal(one.mcu.readUint8(0x10001007), 7 ^ 0x5a, "programming clears bits and sets none");
  const again = board({ flash: new Flash([], file) });
  assert.equal(again.mcu.readUint8(0x10001007), 7 ^ 0x5a);
  call(one, romFunction(one, "RE"), 0x1000, 4096, 65536, 0xd8);
  assert.equal(one.mcu.readUint8(0x10001007), 0xff);
  assert.throws(() => one.options.flash.erase(100, 4096), /not whole units/);
  assert.throws(() => one.options.flash.erase(FLASH_SIZE, 4096), /past 2 MiB/);
  fs.rmSync(folder, { recursive: true });
});

test("a function that the boot ROM does not have stops the board with the caller's address", () => {
  const one = board();
  one.mcu.core.LR = 0x10001235;
  one.mcu.core.SP = STACK;
  one.mcu.core.PC = one.mcu.readUint32(one.mcu.readUint16(one.mcu.readUint16(0x16) + 2) + 4 * 15) & ~1;
  assert.throws(
    () => one.run(1e6, false),
    (error) => error instanceof Stopped && /0x10001235/.test(error.message),
  );
});

test("the clock is the sum of what instructions take, active cycles too", () => {
  const one = running([NOP, NOP, NOP, STAY]);
  one.run(24, false);
  assert.equal(one.mcu.core.PC, CODE + 6);
  assert.deepEqual([one.now, one.activeCycles, one.instructions], [24, 3, 3]);
});

test("an exception costs its entry and its exit", () => {
  const one = running([NOP, NOP, NOP, STAY]);
  withHandler(one);
  one.mcu.setInterrupt(TIMER_IRQ, true);
  one.run(1, false);
  // Entry, then the BX that returns, which is the handler's only instruction and executed in the same step.
  const { core } = one.mcu;
  assert.equal(core.PC, CODE);
  assert.equal(one.activeCycles, 15 + 2 + 11);
});

test("asleep, time jumps and costs nothing", () => {
  const one = running([WFE, WFE, NOP, STAY]);
  one.mcu.core.eventRegistered = false;
  one.run(5e9, false);
  assert.equal(one.mcu.core.waiting, true);
  assert.equal(one.now, 5e9);
  assert.ok(one.activeCycles < 10 && one.instructions < 3);
});

test("SEV is an event for the core that executes it", () => {
  const one = running([SEV, WFE, NOP, STAY]);
  one.mcu.core.eventRegistered = false;
  one.run(1000, false);
  assert.equal(one.mcu.core.waiting, false);
  assert.equal(one.mcu.core.PC, CODE + 6);
});

test("with PRIMASK an interrupt ends WFI without its handler, and leaves WFE asleep", () => {
  for (const [sleep, wakes] of [
    [WFI, true],
    [WFE, false],
  ]) {
    const one = running([CPSID, sleep, NOP, STAY]);
    withHandler(one);
    one.mcu.core.eventRegistered = false;
    one.run(1000, false);
    assert.equal(one.mcu.core.waiting, true);
    one.mcu.setInterrupt(TIMER_IRQ, true);
    one.run(2000, false);
    assert.equal(one.mcu.core.waiting, !wakes);
    assert.equal(one.mcu.core.PC, wakes ? CODE + 6 : CODE + 4);
    assert.equal(one.mcu.core.IPSR, 0);
  }
});

test("with SEVONPEND an interrupt that is not enabled ends WFE", () => {
  const one = running([WFE, NOP, STAY]);
  one.mcu.core.eventRegistered = false;
  one.mcu.writeUint32(0xe000ed10, 1 << 4);
  assert.equal(one.mcu.readUint32(0xe000ed10), 1 << 4);
  one.run(1000, false);
  one.mcu.setInterrupt(TIMER_IRQ, true);
  one.run(2000, false);
  assert.equal(one.mcu.core.waiting, false);
});

test("the USB block is in reset until the firmware lets it go", () => {
  const one = board();
  assert.equal(one.mcu.readUint32(0x4000c008) & (1 << 24), 0);
  one.mcu.writeUint32(0x50110040, 1);
  assert.equal(one.mcu.readUint32(0x50110040), 0);
  one.mcu.writeUint32(0x4000f000, 1 << 24);
  assert.notEqual(one.mcu.readUint32(0x4000c008) & (1 << 24), 0);
  one.mcu.writeUint32(0x50110040, 1);
  one.mcu.writeUint32(0x50112090, 0x30);
  one.mcu.writeUint32(0x50113090, 0x10);
  assert.equal(one.mcu.readUint32(0x50110090), 0x20);
});

test("core 1 says when it has been reset, and nothing else", () => {
  const { mcu } = board();
  const [status, mailbox, power] = [0xd0000050, 0xd0000058, 0x40010004];
  assert.equal(mcu.readUint32(status), 2);
  mcu.writeUint32(power + 0x2000, 1 << 16);
  assert.equal(mcu.readUint32(power), 1 << 16);
  assert.equal(mcu.readUint32(status), 2);
  mcu.writeUint32(power + 0x3000, 1 << 16);
  assert.equal(mcu.readUint32(status), 3);
  assert.equal(mcu.readUint32(mailbox), 0);
  assert.equal(mcu.readUint32(status), 2);
});

test("the watchdog restarts the chip: time goes on, the bus sees the pull-up go", () => {
  const one = running([STAY]);
  one.run(5000, false);
  const { changes, activeCycles, instructions } = one;
  one.mcu.writeUint32(0x40058000 + 0x0c, 77);
  one.mcu.writeUint32(0x40058000, 0x80000000);
  one.run(6000, true);
  assert.equal(one.restarts, 1);
  assert.notEqual(one.changes, changes);
  assert.ok(one.now >= 5000);
  assert.ok(one.activeCycles > activeCycles && one.instructions > instructions);
  assert.equal(one.mcu.readUint32(0x40058000 + 0x0c), 77);
  assert.equal(one.mcu.clock.nanosCounter < 1000, true);
});

test("the chip's revision is what was asked for", () => {
  assert.equal(board().mcu.readUint32(0x40000000) >>> 28, 2);
  assert.equal(board({ revision: "B1" }).mcu.readUint32(0x40000000) >>> 28, 1);
});

test("a breakpoint and a bus fault stop the board", () => {
  assert.throws(() => running([0xbe00]).run(1000, false), /breakpoint/);
  const one = running([0x6808, STAY]);
  one.mcu.core.registers[1] = 0x70000000;
  assert.throws(() => one.run(1000, false), /bus fault/);
});

test("images: UF2 blocks, ELF segments, plain bytes", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rp2040-"));
  const write = (name, bytes) => {
    fs.writeFileSync(path.join(folder, name), bytes);
    return path.join(folder, name);
  };
  const uf2 = Buffer.alloc(512);
  [0x0a324655, 0x9e5d5157, 0x2000, 0x10000100, 256, 0, 1, 0xe48bff56].forEach((word, index) =>
    uf2.writeUInt32LE(word, 4 * index),
  );
  uf2.fill(7, 32, 288).writeUInt32LE(0x0ab16f30, 508);
  const [block] = readImage(write("a.uf2", uf2));
  assert.deepEqual([block.offset, block.bytes.length, block.bytes[255]], [0x100, 256, 7]);
  assert.throws(() => readImage(write("b.uf2", uf2.subarray(0, 500))), /whole blocks/);
  const elf = Buffer.alloc(200);
  elf.write("\x7fELF", "latin1");
  elf.writeUInt32LE(52, 28);
  elf.writeUInt16LE(32, 42);
  elf.writeUInt16LE(1, 44);
  [1, 100, 0x20000000, 0x10000200, 4].forEach((word, index) => elf.writeUInt32LE(word, 52 + 4 * index));
  elf.fill(9, 100, 104);
  const [segment] = readImage(write("c.elf", elf));
  assert.deepEqual([segment.offset, [...segment.bytes]], [0x200, [9, 9, 9, 9]]);
  assert.deepEqual(readImage(write("d.bin", Buffer.of(1, 2)))[0].offset, 0);
  fs.rmSync(folder, { recursive: true });
});
