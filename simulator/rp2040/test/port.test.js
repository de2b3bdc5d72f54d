// The board in step with the bus: when transactions are decided, when they are over, when lines change.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { UartLine } from "../uart.js";
import { Board } from "../board.js";
import { Flash } from "../flash.js";
import { Port } from "../port.js";

const BUILD = process.env.RP2_EMULATOR_BUILD ?? fileURLToPath(new URL("../../../build/rp2-emulator", import.meta.url));
const CODE = 0x20000000;
const REGISTERS = 0x50110000;
const SIE_STATUS = REGISTERS + 0x50;
const BUFF_STATUS = REGISTERS + 0x58;
const BUS_RESET = 1 << 19;
const SETUP_REC = 1 << 17;
const FRAME = 1e6;

/** A board that waits in a loop, with its controller set up and endpoint 0 open, and the lines of its record. */
function plugged(revision = "B2") {
  const silent = { allowed: new Set(), verbose: false, uart: new UartLine() };
  const flash = new Flash([], null);
  const board = new Board({ modules: BUILD, rom: path.join(BUILD, "rom.bin"), flash, revision, ...silent });
  const { mcu } = board;
  mcu.writeUint16(CODE, 0xe7fe);
  mcu.core.PC = CODE;
  const write = (offset, value) => mcu.writeUint32(REGISTERS + offset, value);
  mcu.writeUint32(0x4000f000, 1 << 24);
  write(0x74, 9);
  write(0x78, 12);
  write(0x40, 1);
  write(0x4c, (1 << 29) | (1 << 16));
  const record = [];
  const port = new Port(board, (line) => record.push(line));
  return { board, mcu, port, record, write };
}

function packet(token, start, more = {}) {
  const tokenEnd = start + 2917;
  const base = { token, start, tokenEnd, dataEnd: tokenEnd, address: 0, endpoint: 0, toggle: 0, room: 64 };
  return { ...base, isochronous: false, fault: null, data: new Uint8Array(0), ...more };
}

test("a reset is seen after 2.5 us and is over at its end; only then the address is heard", () => {
  const { mcu, port } = plugged();
  port.runUntil(1000);
  port.reset(1000, 1000 + 10 * FRAME);
  port.runUntil(3400);
  assert.equal(mcu.readUint32(SIE_STATUS) & BUS_RESET, 0);
  port.runUntil(3600);
  assert.notEqual(mcu.readUint32(SIE_STATUS) & BUS_RESET, 0);
  mcu.writeUint32(SIE_STATUS, BUS_RESET);
  const setup = (start) => port.transaction(packet("setup", start, { data: new Uint8Array(8) })).kind;
  port.runUntil(10 * FRAME - 3000);
  assert.equal(setup(10 * FRAME - 3000), "silent");
  port.runUntil(10 * FRAME + 2000);
  assert.equal(setup(10 * FRAME + 2000), "ack");
});

test("a chip before B2 hears nothing for 800 us more", () => {
  for (const [revision, answer] of [
    ["B1", "silent"],
    ["B2", "ack"],
  ]) {
    const { mcu, port } = plugged(revision);
    port.reset(0, 10 * FRAME);
    port.runUntil(9 * FRAME);
    mcu.writeUint32(SIE_STATUS, BUS_RESET);
    port.runUntil(10 * FRAME + 700e3);
    assert.equal(port.transaction(packet("setup", 10 * FRAME + 700e3, { data: new Uint8Array(8) })).kind, answer);
  }
});

test("what the firmware sees of a transaction comes at its end, 250 ns before the bus goes on", () => {
  const { mcu, port, record } = plugged();
  port.runUntil(1000);
  assert.equal(
    port.transaction(packet("setup", 1000, { dataEnd: 12000, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) })).kind,
    "ack",
  );
  assert.equal(mcu.readUint32(SIE_STATUS) & SETUP_REC, 0);
  assert.equal(record.length, 0);
  const end = 14000;
  let seen = null;
  const { raise } = port.board.usb;
  port.board.usb.raise = function (status) {
    seen = port.board.now;
    raise.call(this, status);
  };
  assert.equal(port.runUntil(end + 250), end + 250);
  assert.equal(seen, end);
  assert.notEqual(mcu.readUint32(SIE_STATUS) & SETUP_REC, 0);
  assert.match(record[0], /^14000 \d+ setup 0 0 8 ack\n$/);
});

test("the processor runs on during the token, and what it arms by then counts", () => {
  const { mcu, port } = plugged();
  // STR R1, [R0]; then the loop: arms endpoint 0 IN, whose word has been prepared.
  mcu.writeUint32(0x50100080, 0xa003);
  mcu.writeUint16(CODE, 0x6001);
  mcu.writeUint16(CODE + 2, 0xe7fe);
  mcu.core.PC = CODE + 2;
  mcu.core.registers[0] = 0x50100080;
  mcu.core.registers[1] = 0xa403;
  port.runUntil(96);
  mcu.core.PC = CODE;
  const reply = port.transaction(packet("in", 96));
  assert.deepEqual([reply.kind, reply.toggle, reply.bytes.length], ["data", 1, 3]);
  assert.equal(mcu.readUint32(BUFF_STATUS), 0);
  port.runUntil(10000);
  assert.equal(mcu.readUint32(BUFF_STATUS), 1);
});

test("running stops at a change that the host could see, and the time says so", () => {
  const { mcu, port } = plugged();
  port.runUntil(100);
  const before = port.state.changes;
  // The timer's alarm stands for the firmware here.
  port.board.schedule(5000, () => mcu.writeUint32(REGISTERS + 0x4c, 0));
  const reached = port.runUntil(FRAME);
  assert.ok(reached >= 5000 && reached < 5100, `${reached}`);
  assert.notEqual(port.state.changes, before);
  assert.equal(port.state.pullUp, false);
  assert.equal(port.runUntil(FRAME), FRAME);
});

test("remote wakeup is requested until the host resumes", () => {
  const { port, write } = plugged();
  port.runUntil(100);
  port.suspend();
  write(0x204c, 1 << 12);
  assert.equal(port.state.resumeRequested, true);
  port.resume();
  assert.equal(port.state.resumeRequested, false);
});
