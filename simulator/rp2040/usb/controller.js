// The RP2040's USB device controller, register by register (data sheet 4.1), with no notion of how long anything takes:
// who uses it says what happens on the bus, and when a transaction is over.

import { Buffers } from "./buffers.js";
import {
  ALIAS,
  BUFFER,
  CONTROL,
  DPRAM,
  INTERRUPT,
  LINE,
  MAIN_CTRL,
  REGISTER,
  SIE_CTRL,
  SIE_STATUS,
} from "./registers.js";
import { USBPHY_DIRECT, USBPHY_DIRECT_OVERRIDE, USB_MUXING, USB_PWR } from "./registers.js";
import { Transactions } from "./transactions.js";

/** Bits of SIE_STATUS that stay until they are written with 1; SUSPENDED too, which ends its interrupt. */
const WRITE_TO_CLEAR =
  SIE_STATUS.DATA_SEQ_ERROR |
  SIE_STATUS.RX_TIMEOUT |
  SIE_STATUS.CRC_ERROR |
  SIE_STATUS.BUS_RESET |
  (SIE_STATUS.TRANS_COMPLETE | SIE_STATUS.SETUP_REC | SIE_STATUS.RESUME | SIE_STATUS.SUSPENDED);

/** Which interrupt each status bit raises. */
const STATUS_INTERRUPTS = [
  [SIE_STATUS.DATA_SEQ_ERROR, INTERRUPT.ERROR_DATA_SEQ],
  [SIE_STATUS.RX_TIMEOUT, INTERRUPT.ERROR_RX_TIMEOUT],
  [SIE_STATUS.CRC_ERROR, INTERRUPT.ERROR_CRC],
  [SIE_STATUS.BUS_RESET, INTERRUPT.BUS_RESET],
  [SIE_STATUS.TRANS_COMPLETE, INTERRUPT.TRANS_COMPLETE],
  [SIE_STATUS.SETUP_REC, INTERRUPT.SETUP_REQ],
  [SIE_STATUS.RESUME, INTERRUPT.DEV_RESUME_FROM_HOST],
  [SIE_STATUS.SUSPENDED, INTERRUPT.DEV_SUSPEND],
  [SIE_STATUS.VBUS_DETECTED, INTERRUPT.VBUS_DETECT],
];

/** Registers with nothing behind them but their bits. */
const PLAIN = new Set([REGISTER.ADDR_ENDP, REGISTER.MAIN_CTRL, REGISTER.EP_STALL_ARM, REGISTER.USB_MUXING]);
[REGISTER.USB_PWR, REGISTER.INTE, REGISTER.INTF, REGISTER.SIE_CTRL, REGISTER.EP_ABORT].forEach((one) => PLAIN.add(one));
[REGISTER.USBPHY_DIRECT, REGISTER.USBPHY_DIRECT_OVERRIDE].forEach((one) => PLAIN.add(one));

/** A chip before B2 comes out of a bus reset only after so long of J, in nanoseconds (erratum RP2040-E5). */
const RESET_RECOVERY_B1 = 800e3;

export class Controller {
  /**
   * @param {Uint8Array} dpram 4096 bytes, shared with the processor
   * @param {object} board
   * @param {(level: boolean) => void} board.interrupt drives the processor's interrupt line
   * @param {() => number} board.now nanoseconds since the board has power
   * @param {(rule: string, what: string) => void} board.violate told when the driver breaks a rule
   * @param {() => void} board.changed told each time that {@link Controller.changes} moves
   * @param {boolean} [board.isB1] the chip is older than B2: no EP_ABORT (erratum RP2040-E2), slow to leave a bus reset
   */
  constructor(dpram, board) {
    this.board = board;
    this.values = new Map();
    /** Counts what could turn a NAK into another answer, and what the host sees of the line. */
    this.changes = 0;
    this.held = false;
    this.cable = true;
    this.buffers = new Buffers(dpram, {
      now: board.now,
      violate: board.violate,
      isFree: (line) => this.isFree(line),
      changed: () => this.count(),
      ep0Control: () => this.ep0Control(),
    });
    this.clear();
  }

  clear() {
    this.values.clear();
    this.status = 0;
    /** What a read of SIE_STATUS shows of the wire. */
    this.line = LINE.J;
    this.sofPending = false;
    this.frame = 0;
    this.connectionChanged = false;
    this.abortDone = 0;
    /** Lines that EP_ABORT has been granted for. */
    this.aborted = 0;
    this.stallNak = 0;
    /** Halves that are done and not yet told, oldest first, at most two a line. */
    this.done = Array.from({ length: 32 }, () => []);
    /** The lines of which any is. */
    this.buffStatus = 0;
    this.suspended = false;
    this.inReset = false;
    this.resumeRequested = false;
    this.transactions = new Transactions(this);
  }

  /** RESETS holds the block in reset, or lets it go. */
  hold(held) {
    if (held && !this.held) {
      this.clear();
      this.buffers.reset();
      this.count();
      this.update();
    }
    this.held = held;
  }

  count() {
    this.changes++;
    this.board.changed();
  }

  value(register) {
    return (this.values.get(register) ?? 0) >>> 0;
  }

  // ---- the processor's side

  /** @param {number} offset from the block's start */
  read(offset) {
    switch (offset) {
      case REGISTER.SIE_STATUS:
        return (this.status | (this.line << 2)) >>> 0;
      case REGISTER.BUFF_STATUS:
        return this.buffStatus >>> 0;
      case REGISTER.BUFF_CPU_SHOULD_HANDLE:
        return this.done.reduce((bits, halves, line) => (halves[0] === 1 ? bits | (1 << line) : bits), 0) >>> 0;
      case REGISTER.EP_ABORT_DONE:
        return this.abortDone >>> 0;
      case REGISTER.EP_STATUS_STALL_NAK:
        return this.stallNak >>> 0;
      case REGISTER.SOF_RD:
        this.sofPending = false;
        this.update();
        return this.frame;
      case REGISTER.INTR:
        return this.raw;
      case REGISTER.INTS:
        return this.interrupts;
      default:
        return this.value(offset);
    }
  }

  /** A write to the register or one of its aliases ({@link ALIAS}). */
  write(offset, value, alias = ALIAS.PLAIN) {
    value >>>= 0;
    // The SDK's start-up code, for one, writes to the block while it is in reset; the chip drops it without a word.
    if (this.held) return;
    switch (offset) {
      // Bits that are cleared by writing them: any alias but XOR names them in the same way.
      case REGISTER.SIE_STATUS:
        this.status &= ~(value & WRITE_TO_CLEAR);
        if (value & SIE_STATUS.CONNECTED) this.connectionChanged = false;
        break;
      case REGISTER.BUFF_STATUS:
        this.buffersHandled(value);
        break;
      case REGISTER.EP_ABORT_DONE:
        this.abortDone &= ~value;
        break;
      case REGISTER.EP_STATUS_STALL_NAK:
        this.stallNak &= ~value;
        break;
      default:
        if (PLAIN.has(offset)) this.store(offset, value, alias);
        else if (alias === ALIAS.PLAIN) this.values.set(offset, value);
        else this.values.set(offset, combine(this.value(offset), value, alias));
    }
    this.update();
  }

  store(register, value, alias) {
    const before = this.value(register);
    const after = combine(before, value, alias);
    this.values.set(register, after);
    switch (register) {
      case REGISTER.SIE_CTRL:
        if (after & SIE_CTRL.RESUME) this.wakeHost(register, after);
        this.count();
        break;
      case REGISTER.MAIN_CTRL:
        if (after & MAIN_CTRL.HOST_NDEVICE) this.board.violate("host-mode", "MAIN_CTRL");
        this.count();
        break;
      case REGISTER.USB_PWR:
        this.detectVbus();
        this.count();
        break;
      case REGISTER.EP_ABORT:
        this.abort(before, after);
        break;
      case REGISTER.INTE:
      case REGISTER.INTF:
        break;
      default:
        this.count();
    }
  }

  wakeHost(register, value) {
    // The bit clears itself; the controller drives K by itself for as long as it takes.
    this.values.set(register, (value & ~SIE_CTRL.RESUME) >>> 0);
    if (!this.suspended) {
      this.board.violate("wakeup-while-awake", "SIE_CTRL");
      return;
    }
    this.resumeRequested = true;
    this.line = LINE.K;
  }

  /** With no sense pin in use, VBUS is what the override says. */
  detectVbus() {
    const forced = USB_PWR.VBUS_DETECT | USB_PWR.VBUS_DETECT_OVERRIDE_EN;
    if ((this.value(REGISTER.USB_PWR) & forced) === forced) this.status |= SIE_STATUS.VBUS_DETECTED;
    else this.status &= ~SIE_STATUS.VBUS_DETECTED;
  }

  abort(before, after) {
    const asked = after & ~before;
    if (asked && this.board.isB1) this.board.violate("abort-on-b1", "EP_ABORT");
    this.aborted &= after;
    for (let line = 0; line < 32; line++) {
      // A line in the middle of a transaction is idle only when that is over.
      if ((asked >>> line) & 1 && line !== this.transactions.line) this.grantAbort(line);
    }
    if (before & ~after) this.count();
  }

  grantAbort(line) {
    this.aborted |= 1 << line;
    this.abortDone |= 1 << line;
  }

  /** The processor has written a word of DPRAM. */
  dpramWritten(offset) {
    this.buffers.written(offset & ~3);
  }

  ep0Control() {
    const sie = this.value(REGISTER.SIE_CTRL);
    let control = CONTROL.ENABLE;
    if (sie & SIE_CTRL.EP0_DOUBLE_BUF) control |= CONTROL.DOUBLE_BUFFERED;
    if (sie & SIE_CTRL.EP0_INT_1BUF) control |= CONTROL.INT_PER_BUFFER;
    if (sie & SIE_CTRL.EP0_INT_2BUF) control |= CONTROL.INT_PER_2_BUFFERS;
    if (sie & SIE_CTRL.EP0_INT_STALL) control |= CONTROL.INT_ON_STALL;
    if (sie & SIE_CTRL.EP0_INT_NAK) control |= CONTROL.INT_ON_NAK;
    return control >>> 0;
  }

  buffersHandled(lines) {
    for (let line = 0; line < 32; line++) {
      if (!((lines >>> line) & 1)) continue;
      this.done[line].shift();
      // The other half may be done as well: the bit comes back.
      if (this.done[line].length === 0) this.buffStatus &= ~(1 << line);
    }
  }

  get raw() {
    let raw = 0;
    for (const [status, interrupt] of STATUS_INTERRUPTS) if (this.status & status) raw |= interrupt;
    if (this.buffStatus) raw |= INTERRUPT.BUFF_STATUS;
    if (this.connectionChanged) raw |= INTERRUPT.DEV_CONN_DIS;
    if (this.sofPending) raw |= INTERRUPT.DEV_SOF;
    if (this.abortDone) raw |= INTERRUPT.ABORT_DONE;
    if (this.stallNak) raw |= INTERRUPT.EP_STALL_NAK;
    return raw >>> 0;
  }

  get interrupts() {
    return ((this.raw & this.value(REGISTER.INTE)) | this.value(REGISTER.INTF)) >>> 0;
  }

  update() {
    this.board.interrupt(this.interrupts !== 0);
  }

  // ---- the line

  /** The resistor on D+ is on: SIE_CTRL says so, and the pads are the controller's; or it is switched by hand. */
  get pullUp() {
    if (this.value(REGISTER.USBPHY_DIRECT_OVERRIDE) & USBPHY_DIRECT_OVERRIDE.DP_PULLUP_EN) {
      return (this.value(REGISTER.USBPHY_DIRECT) & USBPHY_DIRECT.DP_PULLUP_EN) !== 0;
    }
    const muxing = this.value(REGISTER.USB_MUXING);
    const sie = this.value(REGISTER.SIE_CTRL);
    const connected = (muxing & USB_MUXING.TO_PHY) !== 0 && (muxing & USB_MUXING.SOFTCON) !== 0;
    return connected && (sie & SIE_CTRL.PULLUP_EN) !== 0 && (sie & SIE_CTRL.TRANSCEIVER_PD) === 0;
  }

  /** Nothing on the bus can use an endpoint now. */
  get isQuiet() {
    const enabled = (this.value(REGISTER.MAIN_CTRL) & MAIN_CTRL.CONTROLLER_EN) !== 0;
    return this.held || !enabled || !this.pullUp || this.inReset || (this.status & SIE_STATUS.BUS_RESET) !== 0;
  }

  isFree(line) {
    return this.isQuiet || ((this.aborted >>> line) & 1) === 1 || !this.buffers.isEnabled(line);
  }

  /** SE0 has lasted long enough to be a reset. The address and the endpoints are the driver's to clear. */
  resetBegins() {
    this.inReset = true;
    this.line = LINE.SE0;
    this.suspended = false;
    this.resumeRequested = false;
    this.connect(false);
    this.raise(SIE_STATUS.BUS_RESET);
  }

  /** SE0 is over. The controller is still in its reset state for {@link resetRecovery}. */
  resetEnds() {
    this.line = LINE.J;
  }

  get resetRecovery() {
    return this.board.isB1 ? RESET_RECOVERY_B1 : 0;
  }

  /** The controller is ready to hear its address, which is 0. */
  leaveReset() {
    this.inReset = false;
    this.connect(true);
  }

  connect(connected) {
    const was = (this.status & SIE_STATUS.CONNECTED) !== 0;
    if (was === connected || this.held) return;
    this.status ^= SIE_STATUS.CONNECTED;
    this.connectionChanged = true;
    this.update();
  }

  suspend() {
    this.suspended = true;
    this.raise(SIE_STATUS.SUSPENDED);
  }

  /** The host drives K. If the device began it the chip says nothing: the driver hears of it by the next SOF. */
  resume() {
    const own = this.resumeRequested;
    this.suspended = false;
    this.resumeRequested = false;
    this.line = LINE.J;
    if (!own) this.raise(SIE_STATUS.RESUME);
  }

  startOfFrame(frame) {
    this.suspended = false;
    this.frame = frame & 0x7ff;
    this.sofPending = true;
    this.update();
  }

  raise(status) {
    if (this.held) return;
    this.status |= status;
    this.update();
  }

  // ---- transactions

  /** See {@link Transactions.begin}. */
  transaction(transaction) {
    return this.transactions.begin(transaction);
  }

  /** See {@link Transactions.complete}. */
  complete() {
    this.transactions.complete();
  }

  get isBusy() {
    return this.transactions.pending !== null;
  }

  /** Whether packets to that address are for this device. */
  hears(address) {
    const { VBUS_DETECTED } = SIE_STATUS;
    return !this.isQuiet && (this.status & VBUS_DETECTED) !== 0 && (this.value(REGISTER.ADDR_ENDP) & 0x7f) === address;
  }

  /** A SETUP packet has come. Buffers of endpoint 0 that are armed stay so. */
  takeSetup(packet) {
    this.buffers.bytes.set(packet, DPRAM.SETUP);
    this.values.set(REGISTER.EP_STALL_ARM, 0);
    this.raise(SIE_STATUS.SETUP_REC);
  }

  /**
   * A packet is through: the buffer goes back to the driver, which is told if the endpoint's control word wants it.
   * @param {number} line
   * @param {number} half
   * @param {number} bits of buffer control, when the packet began
   * @param {number | null} received OUT: how many bytes; IN: null
   */
  packetDone(line, half, bits, received) {
    const control = this.buffers.control(line);
    const last = !this.buffers.isDouble(line) || half === 1;
    this.buffers.finish(line, half, received);
    if (control & CONTROL.INT_PER_BUFFER || (control & CONTROL.INT_PER_2_BUFFERS && last)) {
      this.done[line].push(half);
      this.buffStatus |= 1 << line;
    }
    if (bits & BUFFER.LAST) this.status |= SIE_STATUS.TRANS_COMPLETE;
    this.update();
  }

  /** A STALL or NAK went out that the endpoint's control word wants to be told of. */
  refused(line) {
    this.stallNak |= 1 << line;
    this.update();
  }

  /** A transaction is over: an abort that had to wait for it is granted. */
  lineIsIdle(line) {
    const asked = ((this.value(REGISTER.EP_ABORT) >>> line) & 1) === 1;
    if (!asked || ((this.aborted >>> line) & 1) === 1) return;
    this.grantAbort(line);
    this.update();
  }
}

function combine(before, value, alias) {
  switch (alias) {
    case ALIAS.XOR:
      return (before ^ value) >>> 0;
    case ALIAS.SET:
      return (before | value) >>> 0;
    case ALIAS.CLEAR:
      return (before & ~value) >>> 0;
    default:
      return value >>> 0;
  }
}
