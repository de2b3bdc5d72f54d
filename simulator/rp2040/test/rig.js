// A controller without a processor: registers and DPRAM are written by the test, and the bus is the test too.

import { Controller } from "../usb/controller.js";
import { BUFFER, CONTROL, INTERRUPT, MAIN_CTRL, REGISTER, SIE_CTRL, USB_MUXING, USB_PWR } from "../usb/registers.js";
import { Violation } from "../usb/rules.js";

export const { FULL, LAST, DATA1, SELECT, STALL, AVAILABLE } = BUFFER;
export const BULK = 2;
export const INTERRUPT_TYPE = 3;
export const ISOCHRONOUS = 1;

/** Longer than a cycle of the controller's clock, in nanoseconds. */
const A_WHILE = 100;

export class Rig {
  /** A controller that has been set up as a driver does, reset by the host, at address 0. */
  constructor(options = {}) {
    this.dpram = new Uint8Array(4096);
    this.view = new DataView(this.dpram.buffer);
    this.time = 0;
    this.level = false;
    this.usb = new Controller(this.dpram, {
      interrupt: (level) => (this.level = level),
      now: () => this.time,
      changed: () => {},
      violate: (rule, what) => {
        throw new Violation(rule, what);
      },
      ...options,
    });
    this.set(REGISTER.USB_MUXING, USB_MUXING.TO_PHY | USB_MUXING.SOFTCON);
    this.set(REGISTER.USB_PWR, USB_PWR.VBUS_DETECT | USB_PWR.VBUS_DETECT_OVERRIDE_EN);
    this.set(REGISTER.MAIN_CTRL, MAIN_CTRL.CONTROLLER_EN);
    this.set(REGISTER.SIE_CTRL, SIE_CTRL.EP0_INT_1BUF | SIE_CTRL.PULLUP_EN);
    this.set(REGISTER.INTE, INTERRUPT.BUFF_STATUS | INTERRUPT.SETUP_REQ | INTERRUPT.BUS_RESET);
    this.busReset();
  }

  busReset() {
    this.usb.resetBegins();
    this.usb.resetEnds();
    this.usb.leaveReset();
    this.set(REGISTER.SIE_STATUS, this.get(REGISTER.SIE_STATUS));
  }

  set(register, value, alias) {
    this.usb.write(register, value >>> 0, alias);
  }

  get(register) {
    return this.usb.read(register);
  }

  /** A word of DPRAM, as the processor writes it. */
  poke(offset, value) {
    this.view.setUint32(offset, value >>> 0, true);
    this.usb.dpramWritten(offset);
  }

  peek(offset) {
    return this.view.getUint32(offset, true);
  }

  /** Enables an endpoint with its buffer at `address`; more bits as given. */
  open(line, type, address, more = CONTROL.INT_PER_BUFFER) {
    this.poke(4 * line, CONTROL.ENABLE | (type << CONTROL.TYPE_SHIFT) | address | more);
  }

  /** The buffer control word, in the two steps that the data sheet asks for. */
  arm(line, word) {
    const available = AVAILABLE | (AVAILABLE << 16);
    this.poke(0x80 + 4 * line, word & ~available);
    this.time += A_WHILE;
    this.poke(0x80 + 4 * line, word);
  }

  control(line) {
    return this.peek(0x80 + 4 * line);
  }

  fill(address, bytes) {
    bytes.forEach((byte, index) => (this.dpram[address + index] = byte));
  }

  /** A transaction up to its answer; the registers change with {@link Rig.finish}. */
  begin(token, endpoint, more = {}) {
    const base = {
      token,
      endpoint,
      address: 0,
      toggle: 0,
      data: new Uint8Array(0),
      room: 1023,
      isochronous: false,
      fault: null,
    };
    return this.usb.transaction({ ...base, ...more });
  }

  finish() {
    this.usb.complete();
  }

  /** A whole transaction. */
  do(token, endpoint, more) {
    const reply = this.begin(token, endpoint, more);
    this.finish();
    return reply;
  }

  in(endpoint, more) {
    return this.do("in", endpoint, more);
  }

  out(endpoint, toggle, data, more = {}) {
    return this.do("out", endpoint, { toggle, data: Uint8Array.from(data), ...more });
  }

  setup(data = [0x80, 6, 0, 1, 0, 0, 18, 0], more = {}) {
    return this.do("setup", 0, { data: Uint8Array.from(data), ...more });
  }
}

/** For assert.throws: that rule was broken. */
export const breaks = (rule) => (error) => error instanceof Violation && error.rule === rule;
