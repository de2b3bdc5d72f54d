// What is at the other end of UART0: a file that what it sends is appended to, and one that it is sent from, as it grows.

import fs from "node:fs";

/** Start bit, eight data bits, stop bit. */
const BITS = 10;
const PIECE = 4096;
const TRANSMIT_INTERRUPT = 1 << 5;

export class UartLine {
  /**
   * @param {string | undefined} output a file for what UART0 sends; without it that goes to standard error
   * @param {string | undefined} input a file whose bytes UART0 receives, also those that are appended later
   */
  constructor(output, input) {
    this.output = output === undefined ? 2 : fs.openSync(output, "a");
    this.input = input === undefined ? null : fs.openSync(input, "r");
    this.waiting = [];
    this.piece = Buffer.alloc(PIECE);
  }

  /** Wires it to a chip that was just switched on. */
  attach(mcu) {
    this.mcu = mcu;
    this.busy = false;
    const uart = mcu.uart[0];
    // In rp2040js the transmit interrupt can never be cleared. On the chip it comes when the FIFO has been emptied, which
    // takes no time here (PL011 manual DDI 0183G, 2.8.2).
    uart.checkInterrupts = () => mcu.setInterrupt(uart.irq, (uart.interruptStatus & uart.interruptMask) !== 0);
    uart.onByte = (byte) => {
      fs.writeSync(this.output, Buffer.of(byte));
      uart.interruptStatus |= TRANSMIT_INTERRUPT;
      uart.checkInterrupts();
    };
    this.feed();
  }

  /** Looks whether the input has grown. */
  poll() {
    if (this.input === null) return;
    for (let count = PIECE; count === PIECE;) {
      count = fs.readSync(this.input, this.piece);
      this.waiting.push(...this.piece.subarray(0, count));
    }
    this.feed();
  }

  /** A byte takes its time on the wire. While nobody reads they wait, as RTS and CTS would make them. */
  feed() {
    if (this.busy || this.waiting.length === 0) return;
    const uart = this.mcu.uart[0];
    const { mcu } = this;
    const nanos = uart.enabled && uart.baudRate > 0 ? (BITS * 1e9) / uart.baudRate : 1e6;
    this.busy = true;
    const alarm = mcu.clock.createAlarm(() => {
      // A chip that was reset meanwhile has its own.
      if (mcu !== this.mcu) return;
      this.busy = false;
      if (uart.enabled && !uart.rxFIFO.full) uart.feedByte(this.waiting.shift());
      this.feed();
    });
    alarm.schedule(nanos);
  }
}
