// UART0 and the files at its other end. Small programs in SRAM are not needed: the test writes the registers.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { Board } from "../board.js";
import { Flash } from "../flash.js";
import { UartLine } from "../uart.js";

const BUILD = process.env.RP2_EMULATOR_BUILD ?? fileURLToPath(new URL("../../../build/rp2-emulator", import.meta.url));
const CODE = 0x20000000;
const UART = 0x40034000;
const [DR, FR, IBRD, LCR_H, CR, IMSC, MIS, ICR] = [0, 0x18, 0x24, 0x2c, 0x30, 0x38, 0x40, 0x44];
const RECEIVE_EMPTY = 1 << 4;
const TRANSMIT = 1 << 5;
const UART0_IRQ = 20;

/** A board that waits in a loop with UART0 switched on, and the two files. */
function wired(use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rp2-uart-"));
  const [output, input] = ["output", "input"].map((name) => path.join(folder, name));
  fs.writeFileSync(input, "");
  const options = { allowed: new Set(), revision: "B2", verbose: false, uart: new UartLine(output, input) };
  const board = new Board({ modules: BUILD, rom: path.join(BUILD, "rom.bin"), flash: new Flash([], null), ...options });
  board.mcu.writeUint16(CODE, 0xe7fe);
  board.mcu.core.PC = CODE;
  const write = (offset, value) => board.mcu.writeUint32(UART + offset, value);
  const read = (offset) => board.mcu.readUint32(UART + offset);
  write(IBRD, 68);
  write(LCR_H, (3 << 5) | (1 << 4));
  write(CR, (1 << 9) | (1 << 8) | 1);
  use({ board, write, read, output, input });
  fs.rmSync(folder, { recursive: true });
}

test("what UART0 sends is in the file at once, and its interrupt can be cleared", () => {
  wired(({ board, write, read, output }) => {
    write(IMSC, TRANSMIT);
    assert.equal(read(MIS), 0, "nothing was sent, so nothing was emptied");
    write(DR, 0x41);
    assert.equal(fs.readFileSync(output, "latin1"), "A");
    assert.equal(read(MIS), TRANSMIT);
    assert.ok(board.mcu.core.pendingInterrupts & (1 << UART0_IRQ));
    write(ICR, TRANSMIT);
    assert.equal(read(MIS), 0);
    assert.equal(board.mcu.core.pendingInterrupts & (1 << UART0_IRQ), 0);
  });
});

test("what is in the file comes at the line's speed, also what is appended later, and none is lost", () => {
  wired(({ board, read, input }) => {
    const text = "0123456789".repeat(10);
    fs.appendFileSync(input, text);
    let got = "";
    const take = () => {
      while ((read(FR) & RECEIVE_EMPTY) === 0) got += String.fromCharCode(read(DR) & 0xff);
    };
    board.run(1e4, false);
    assert.equal(read(FR) & RECEIVE_EMPTY, RECEIVE_EMPTY, "a byte takes ten bits");
    // Nobody reads for longer than the FIFO lasts.
    board.run(20e6, false);
    while (got.length < text.length && board.now < 100e6) {
      take();
      board.run(board.now + 1e6, false);
    }
    assert.equal(got, text);
    fs.appendFileSync(input, "!");
    board.run(board.now + 1e6, false);
    take();
    assert.equal(got, `${text}!`);
  });
});
