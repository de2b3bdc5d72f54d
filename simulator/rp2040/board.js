// A Pico: the emulated chip with its flash and its USB controller, from power-on until somebody stops it.

import { createRequire } from "node:module";
import fs from "node:fs";

import { addCore1 } from "./core1.js";
import { Processor } from "./processor.js";
import { Controller } from "./usb/controller.js";
import { Violation } from "./usb/rules.js";

const USB_IRQ = 5;
/** Where the boot ROM finds the emulator (rom/rom.c); the chip has nothing there. */
const ROM_PORT = 0x50140;
const USB_REGISTERS = 0x50110;
const RESETS = 0x4000c;
const SYSINFO = 0x40000;
const WATCHDOG = 0x40058;
const RESET_USBCTRL = 1 << 24;
const CHIP_ID = 0;
/** Revision (1: B0 and B1, 2: B2), part and manufacturer of CHIP_ID (data sheet 2.20.2). */
const CHIP_IDS = { B1: 0x10002927, B2: 0x20002927 };
/** The ROM's commands. */
const [ERASE, PROGRAM, USB_BOOT] = [1, 2, 3];

/** The firmware, or the emulator, cannot go on. */
export class Stopped extends Error {}

export class Board {
  /**
   * @param {object} options
   * @param {string} options.modules the folder with node_modules/rp2040js
   * @param {string} options.rom the boot ROM's image
   * @param {import("./flash.js").Flash} options.flash
   * @param {Set<string>} options.allowed rules that may be broken
   * @param {"B1" | "B2"} options.revision of the chip
   * @param {boolean} options.verbose the emulator's own warnings go to stderr
   * @param {import("./profile.js").Profile | null} [options.profile] of active cycles
   * @param {import("./uart.js").UartLine} options.uart what UART0 is wired to
   */
  constructor(options) {
    this.options = options;
    this.RP2040 = createRequire(`${options.modules}/package.json`)("rp2040js").RP2040;
    const rom = fs.readFileSync(options.rom);
    this.rom = new Uint32Array(4096);
    new Uint8Array(this.rom.buffer).set(rom.subarray(0, 16384));
    /** Bus time of the last power-on or reset, in nanoseconds. */
    this.epoch = 0;
    this.activeBefore = 0;
    this.instructionsBefore = 0;
    this.changesBefore = 0;
    this.restarts = 0;
    this.restartWanted = false;
    this.stopOnChange = false;
    /** Rules that were broken though they may be, and how often. */
    this.tolerated = new Map();
    this.start();
  }

  start() {
    const mcu = new this.RP2040();
    this.mcu = mcu;
    mcu.logger = this.logger();
    mcu.loadBootrom(this.rom);
    this.options.flash.attach(mcu.flash);
    this.processor = new Processor(mcu);
    this.options.profile?.watch(this.processor);
    // DPRAM is RAM: what is in it at power-on is anything.
    for (let index = 0; index < mcu.usbDPRAM.length; index++) mcu.usbDPRAM[index] = (index * 167 + 91) & 0xff;
    this.usb = new Controller(mcu.usbDPRAM, {
      interrupt: (level) => mcu.setInterrupt(USB_IRQ, level),
      now: () => mcu.clock.nanosCounter,
      violate: (rule, what) => this.violate(rule, what),
      changed: () => (this.processor.interrupted ||= this.stopOnChange),
      isB1: this.options.revision === "B1",
    });
    this.connectUsb(mcu);
    this.correctResets(mcu);
    addCore1(mcu);
    mcu.peripherals[ROM_PORT] = this.romPort();
    const sysinfo = mcu.peripherals[SYSINFO];
    const { readUint32 } = sysinfo;
    const chip = CHIP_IDS[this.options.revision];
    sysinfo.readUint32 = (offset) => (offset === CHIP_ID ? chip : readUint32.call(sysinfo, offset));
    this.options.uart.attach(mcu);
    mcu.peripherals[WATCHDOG].onWatchdogTrigger = () => {
      this.restartWanted = true;
      this.processor.interrupted = true;
    };
    mcu.onBreak = (code) => this.stop(`a breakpoint instruction (${code}): the firmware has panicked`);
  }

  connectUsb(mcu) {
    const registers = {
      readUint32: (offset) => this.usb.read(offset & 0xfff),
      writeUint32Atomic: (offset, value, alias) => this.usb.write(offset, value, alias),
      DPRAMUpdated: (offset) => this.usb.dpramWritten(offset),
    };
    mcu.usbCtrl = registers;
    mcu.peripherals[USB_REGISTERS] = registers;
    this.usb.hold(true);
  }

  /** In rp2040js no block is ever in reset. Here the USB block is, from power-on until the firmware lets it go. */
  correctResets(mcu) {
    const resets = mcu.peripherals[RESETS];
    const { writeUint32 } = resets;
    resets.reset = RESET_USBCTRL;
    Object.defineProperty(resets, "reset_done", { get: () => ~resets.reset & 0x1ffffff });
    resets.writeUint32 = (offset, value) => {
      writeUint32.call(resets, offset, value);
      this.usb.hold((resets.reset & RESET_USBCTRL) !== 0);
    };
  }

  romPort() {
    const written = [0, 0, 0, 0];
    return {
      readUint32: () => 0,
      writeUint32Atomic: (offset, value) => {
        written[(offset >> 2) & 3] = value >>> 0;
        if (offset === 12) this.romCommand(written);
      },
    };
  }

  romCommand([offset, count, source, command]) {
    const { flash } = this.options;
    switch (command) {
      case ERASE:
        this.processor.stall(flash.erase(offset, count));
        return;
      case PROGRAM: {
        const data = Uint8Array.from({ length: count }, (_, index) => this.mcu.readUint8(source + index));
        this.processor.stall(flash.program(offset, data));
        return;
      }
      case USB_BOOT:
        this.say("the firmware has started the boot loader; the board is gone from the bus");
        this.usb.hold(true);
        return;
      default:
        this.stop(`the boot ROM has no such function, or an early exception: called from 0x${source.toString(16)}`);
    }
  }

  /** rp2040js tells of some things only in its log. */
  logger() {
    const say = (component, text) => {
      if (this.options.verbose) this.say(`${component}: ${text}`);
    };
    return {
      debug: () => {},
      info: (component, text) => {
        if (text === "SEV") this.processor.sendEvent();
      },
      warn: (component, text) => {
        if (/is not implemented yet/.test(text)) this.stop(text);
        if (/invalid memory address|undefined address/.test(text)) this.stop(`a bus fault: ${text}`);
        say(component, text);
      },
      error: (component, text) => this.stop(`${component}: ${text}`),
    };
  }

  violate(rule, what) {
    if (this.options.allowed.has(rule)) {
      this.tolerated.set(rule, (this.tolerated.get(rule) ?? 0) + 1);
      return;
    }
    throw new Stopped(`${new Violation(rule, what).message} (${this.where()})`);
  }

  stop(reason) {
    throw new Stopped(`${reason} (${this.where()})`);
  }

  /** For messages: where the processor is. */
  where() {
    if (!this.processor) return "before reset";
    const { PC, LR } = this.processor.core;
    return `PC 0x${(PC >>> 0).toString(16)}, LR 0x${(LR >>> 0).toString(16)}, ${this.now} ns`;
  }

  say(text) {
    process.stderr.write(`rp2040: ${text}\n`);
  }

  /** Bus time, in nanoseconds. */
  get now() {
    return this.epoch + this.mcu.clock.nanosCounter;
  }

  /** Cycles since power-on in which the processor was not asleep. */
  get activeCycles() {
    return this.activeBefore + this.processor.active;
  }

  get instructions() {
    return this.instructionsBefore + this.processor.instructions;
  }

  /** As {@link Controller.changes}, over resets of the chip too. */
  get changes() {
    return this.changesBefore + this.usb.changes;
  }

  /**
   * Runs to bus time `until`, or, if `stopOnChange`, to the first change that the host could see.
   * @param {number} until nanoseconds
   * @param {boolean} stopOnChange
   */
  run(until, stopOnChange) {
    const seen = this.changes;
    this.options.uart.poll();
    this.stopOnChange = stopOnChange;
    while (this.now < until) {
      this.processor.run(until - this.epoch);
      if (this.restartWanted) this.restart();
      if (stopOnChange && this.changes !== seen) return;
    }
  }

  /** The watchdog fired, or somebody asked it to: everything but the flash begins anew. */
  restart() {
    this.restartWanted = false;
    this.restarts++;
    this.epoch = this.now;
    this.activeBefore = this.activeCycles;
    this.instructionsBefore = this.instructions;
    this.changesBefore = this.changes + 1;
    const scratch = this.mcu.peripherals[WATCHDOG].scratchData.slice();
    const { reason } = this.mcu.peripherals[WATCHDOG];
    this.start();
    // What the watchdog keeps over the reset that it makes (data sheet 4.7.4).
    this.mcu.peripherals[WATCHDOG].scratchData.set(scratch);
    this.mcu.peripherals[WATCHDOG].reason = reason;
  }

  /** Calls `what` at bus time `at`, while the board runs. */
  schedule(at, what) {
    const alarm = this.mcu.clock.createAlarm(what);
    alarm.schedule(Math.max(0, at - this.now));
  }
}
