// The emulated Cortex-M0+ with what rp2040js leaves out: an exact clock, the price of exceptions, and how it sleeps.

import { executor } from "./instructions.js";

/** From the interrupt to the first instruction of its handler (Cortex-M0+ manual DDI 0484C, section 3.6.1). */
const EXCEPTION_ENTRY = 15;
/**
 * Unstacking and refilling the pipeline, beside the instruction that returns. The manual gives no figure; this is what
 * its section 3.3 charges for a POP of the same eight words with PC among them (3 + N).
 */
const EXCEPTION_EXIT = 11;

const WFI = 0xbf30;

/** System Control Register, which rp2040js lacks, and its bit: an interrupt that becomes pending is an event. */
const SCR = 0xd10;
const SEVONPEND = 1 << 4;

/** Runs one board's processor and its clock. */
export class Processor {
  /** @param {object} mcu an RP2040 of rp2040js */
  constructor(mcu) {
    this.mcu = mcu;
    this.core = mcu.core;
    this.clock = mcu.clock;
    /** [active cycles, instructions]; an array of doubles because that is the fastest that can count beyond 31 bits. */
    this.counts = new Float64Array(2);
    /** Cycles of exceptions that are not in the clock yet. */
    this.charge = 0;
    /** Set to end {@link Processor.run} after the instruction that is being executed. */
    this.interrupted = false;
    /** Until when it waits for the flash chip, in nanoseconds. */
    this.stalledUntil = 0;
    this.nanosPerCycle = 1e9 / mcu.clkSys;
    mcu.addClockListener((frequency) => (this.nanosPerCycle = 1e9 / frequency));
    this.chargeExceptions();
    this.sleepAsTheManualSays();
    this.pendingIsAnEvent();
    this.execute = executor(mcu);
  }

  /** Cycles in which the processor was not asleep. */
  get active() {
    return this.counts[0];
  }

  /** Instructions executed. */
  get instructions() {
    return this.counts[1];
  }

  chargeExceptions() {
    const { core } = this;
    const { exceptionEntry, exceptionReturn } = core;
    core.exceptionEntry = (number) => {
      this.charge += EXCEPTION_ENTRY;
      exceptionEntry.call(core, number);
    };
    core.exceptionReturn = (value) => {
      this.charge += EXCEPTION_EXIT;
      exceptionReturn.call(core, value);
    };
  }

  /**
   * rp2040js takes an interrupt out of sleep even if PRIMASK or the running handler forbids it. On the chip WFI then
   * wakes up and goes on without the handler, and WFE sleeps on (ARMv6-M manual, B1.5.18 and B1.5.19).
   */
  sleepAsTheManualSays() {
    const { core } = this;
    const { checkForInterrupts } = core;
    core.checkForInterrupts = () => {
      const asleep = core.waiting;
      core.waiting = false;
      if (checkForInterrupts.call(core)) return true;
      if (asleep && core.PM && this.isInWfi() && this.isAnythingPending()) return true;
      core.waiting = asleep;
      return false;
    };
  }

  /**
   * With SCR.SEVONPEND, which MicroPython sets, an interrupt ends WFE when it becomes pending, enabled or not (ARMv6-M
   * manual, B3.2.7).
   */
  pendingIsAnEvent() {
    const { core } = this;
    const { ppb } = this.mcu;
    const { readUint32, writeUint32 } = ppb;
    this.scr = 0;
    ppb.readUint32 = (offset) => (offset === SCR ? this.scr : readUint32.call(ppb, offset));
    ppb.writeUint32 = (offset, value) => {
      if (offset === SCR) this.scr = value;
      else writeUint32.call(ppb, offset, value);
    };
    const { setInterrupt } = core;
    core.setInterrupt = (irq, level) => {
      const before = core.pendingInterrupts;
      setInterrupt.call(core, irq, level);
      if (level && !((before >>> irq) & 1) && this.scr & SEVONPEND) this.sendEvent();
    };
  }

  isInWfi() {
    return this.mcu.readUint16((this.core.PC - 2) >>> 0) === WFI;
  }

  isAnythingPending() {
    const { core } = this;
    return (core.pendingInterrupts & core.enabledInterrupts) !== 0 || core.pendingSystick || core.pendingPendSV;
  }

  /** SEV, which reaches this core too (ARMv6-M manual, A6.7.57), and what counts as one: ends WFE, now or the next. */
  sendEvent() {
    const { core } = this;
    if (core.waiting && !this.isInWfi()) core.waiting = false;
    else core.eventRegistered = true;
  }

  /** Nothing is executed for so long, as if fetching from a flash chip that is busy. It counts as active. */
  stall(nanos) {
    this.stalledUntil = this.clock.nanosCounter + nanos;
  }

  /**
   * Runs until the clock is at `until` nanoseconds or a little later, or until {@link Processor.interrupted} is set.
   * @param {number} until
   */
  run(until) {
    const { core, clock, counts, execute } = this;
    this.interrupted = false;
    while (clock.nanosCounter < until && !this.interrupted) {
      if (core.waiting) {
        this.skip(until);
      } else if (this.stalledUntil > clock.nanosCounter) {
        const before = clock.nanosCounter;
        this.skip(Math.min(until, this.stalledUntil));
        counts[0] += Math.round((clock.nanosCounter - before) / this.nanosPerCycle);
      } else {
        const cycles = execute() + this.charge;
        this.charge = 0;
        counts[0] += cycles;
        counts[1]++;
        const nanos = cycles * this.nanosPerCycle;
        const alarm = clock.nextAlarm;
        const then = clock.nanosCounter + nanos;
        if (alarm !== null && alarm.nanos <= then) clock.tick(nanos);
        else clock.nanosCounter = then;
      }
    }
  }

  /** To the next alarm, but not past `until`: between the two nothing can happen. */
  skip(until) {
    const { clock } = this;
    const alarm = clock.nextAlarm;
    const then = alarm === null ? until : Math.min(until, alarm.nanos);
    clock.tick(Math.max(0, then - clock.nanosCounter));
  }
}
