// The board as the bus sees it: the interface of docs/packet-interface.md, with the board's clock in step.

/** A reset is seen when SE0 has lasted 2.5 us (USB 2.0 section 7.1.7.5). */
const RESET_SEEN = 2500;
/** After a transaction the bus asks first for a time that is so much later than its end. */
const BETWEEN = 250;

export class Port {
  /**
   * @param {import("./board.js").Board} board
   * @param {((line: string) => void) | null} record told one line for each transaction; see {@link Port.log}
   */
  constructor(board, record) {
    this.board = board;
    this.record = record;
    /** A transaction whose end is not known yet. */
    this.open = null;
  }

  get state() {
    const { usb } = this.board;
    return { changes: this.board.changes, pullUp: usb.pullUp, resumeRequested: usb.resumeRequested };
  }

  /**
   * @param {number} until nanoseconds
   * @returns {number} the time reached
   */
  runUntil(until) {
    if (this.open !== null) this.endAt(until - BETWEEN);
    this.board.run(until, true);
    // The last instruction may have ended a little after `until`.
    return Math.min(until, Math.ceil(this.board.now));
  }

  transaction(transaction) {
    this.endAt(this.board.now);
    // The controller looks at its buffers in the token phase; what the processor does meanwhile counts.
    this.board.run(transaction.tokenEnd, false);
    const { usb } = this.board;
    const reply = usb.transaction(transaction);
    if (usb.isBusy) this.open = { usb, transaction, reply };
    else this.log(transaction, reply);
    return reply;
  }

  endAt(time) {
    if (this.open === null) return;
    const { usb, transaction, reply } = this.open;
    this.open = null;
    this.board.schedule(time, () => {
      // After a reset of the chip there is a new controller, which knows nothing of it.
      usb.complete();
      this.log(transaction, reply);
    });
  }

  /**
   * One line for each transaction, when it is over: bus time in nanoseconds, active cycles so far, token, address,
   * endpoint, length of the host's data, reply with the toggle and length of its data.
   */
  log(transaction, reply) {
    if (this.record === null) return;
    const { token, address, endpoint, data } = transaction;
    const sent = token === "in" ? "" : ` ${data.length}`;
    const got = reply.kind === "data" ? `data${reply.toggle} ${reply.bytes.length}` : reply.kind;
    this.record(
      `${Math.round(this.board.now)} ${this.board.activeCycles} ${token} ${address} ${endpoint}${sent} ${got}\n`,
    );
  }

  /** SE0 from `start` to `end`. */
  reset(start, end) {
    this.board.schedule(start + RESET_SEEN, () => this.board.usb.resetBegins());
    this.board.schedule(end, () => this.board.usb.resetEnds());
    this.board.schedule(end + this.board.usb.resetRecovery, () => this.board.usb.leaveReset());
  }

  suspend() {
    this.board.usb.suspend();
  }

  resume() {
    this.board.usb.resume();
  }

  startOfFrame(frame) {
    this.board.usb.startOfFrame(frame);
  }

  /** The firmware forces VBUS detection, as upstream does: it cannot see the cable, only the silence. */
  cable() {}
}
