// What the controller does with the packets that it hears: data sheet 4.1.2.6.1 to 4.1.2.6.3.

import { BUFFER, CONTROL, DPRAM, REGISTER, SIE_STATUS, lineName, lineOf } from "./registers.js";

const EP0_OUT = lineOf(0, true);
/** Bytes of the largest packet of endpoint 0. */
const EP0_PACKET = 64;

const SILENT = Object.freeze({ kind: "silent" });
const ACK = Object.freeze({ kind: "ack" });
const NAK = Object.freeze({ kind: "nak" });
const STALL = Object.freeze({ kind: "stall" });

/**
 * @typedef {object} Transaction
 * @property {"setup" | "out" | "in"} token
 * @property {number} address
 * @property {number} endpoint
 * @property {number} toggle of the host's data packet; an IN must not look at it
 * @property {Uint8Array} data the host's data
 * @property {number} room the most that the host takes of an IN
 * @property {boolean} isochronous
 * @property {null | "lose token" | "corrupt data" | "lose handshake"} fault
 *
 * @typedef {{kind: "silent" | "ack" | "nak" | "stall"} | {kind: "data", toggle: number, bytes: Uint8Array}} Reply
 */

/** The one transaction that can be going on. */
export class Transactions {
  /** @param {import("./controller.js").Controller} controller */
  constructor(controller) {
    this.controller = controller;
    /** What is going on since the token will do this to the registers when it is over. */
    this.pending = null;
    /** Its line; -1: none, or a SETUP. */
    this.line = -1;
  }

  /**
   * The token has just ended: decides and answers. What follows in the registers happens in {@link complete}.
   * @param {Transaction} transaction
   * @returns {Reply}
   */
  begin(transaction) {
    const { token, address, endpoint, fault } = transaction;
    const { controller } = this;
    if (fault === "lose token" || !controller.hears(address)) return SILENT;
    if (token === "setup") return this.setup(transaction);
    const line = lineOf(endpoint, token === "out");
    if (!controller.buffers.isEnabled(line)) return SILENT;
    const isochronous = controller.buffers.isIsochronous(line);
    const refusal = this.refusal(line, isochronous);
    if (refusal !== null) return refusal;
    return token === "in" ? this.in(transaction, line, isochronous) : this.out(transaction, line, isochronous);
  }

  setup({ endpoint, toggle, data, fault }) {
    const { controller } = this;
    if (endpoint !== 0) return SILENT;
    if (fault === "corrupt data") return this.later(-1, () => controller.raise(SIE_STATUS.CRC_ERROR), SILENT);
    if (toggle !== 0) return this.later(-1, () => controller.raise(SIE_STATUS.DATA_SEQ_ERROR), SILENT);
    const packet = data.slice();
    return this.later(-1, () => controller.takeSetup(packet), ACK);
  }

  /** NAK or STALL instead of data, or silence where there is no handshake; null if there is a buffer to use. */
  refusal(line, isochronous) {
    const { controller } = this;
    const control = controller.buffers.control(line);
    const { bits } = controller.buffers.next(line);
    const isOut = (line & 1) === 1;
    const usable = (bits & BUFFER.AVAILABLE) !== 0 && ((bits & BUFFER.FULL) !== 0) === !isOut;
    const isAborting = ((controller.value(REGISTER.EP_ABORT) >>> line) & 1) === 1;
    // Endpoint 0 stalls only if it is armed too: bit 0 IN, bit 1 OUT, as the lines.
    const isArmed = line >= 2 || ((controller.value(REGISTER.EP_STALL_ARM) >>> line) & 1) === 1;
    const isStalled = !isAborting && isArmed && controller.buffers.isStalled(line);
    if (!isStalled && usable && !isAborting) return null;
    if (isochronous) return SILENT;
    const wanted = control & (isStalled ? CONTROL.INT_ON_STALL : CONTROL.INT_ON_NAK);
    return this.later(line, () => wanted && controller.refused(line), isStalled ? STALL : NAK);
  }

  in({ room, fault }, line, isochronous) {
    const { controller } = this;
    const { half, bits, address, length } = controller.buffers.next(line);
    const bytes = controller.buffers.bytes.slice(address, address + length);
    const reply = { kind: "data", toggle: bits & BUFFER.DATA1 ? 1 : 0, bytes };
    // The chip cannot know that the host had no room: it sees that no ACK comes, and keeps the packet.
    const acknowledged = isochronous || (fault === null && length <= room);
    if (!acknowledged) return this.later(line, () => controller.raise(SIE_STATUS.RX_TIMEOUT), reply);
    return this.later(line, () => controller.packetDone(line, half, bits, null), reply);
  }

  out({ toggle, data, fault }, line, isochronous) {
    const { controller } = this;
    const answer = isochronous ? SILENT : ACK;
    if (fault === "corrupt data") return this.later(line, () => controller.raise(SIE_STATUS.CRC_ERROR), SILENT);
    const { half, bits, address, length } = controller.buffers.next(line);
    if (!isochronous && toggle !== (bits & BUFFER.DATA1 ? 1 : 0)) {
      // The host repeats what it has had no ACK for: it gets one, and the packet is dropped.
      return this.later(line, () => controller.raise(SIE_STATUS.DATA_SEQ_ERROR), answer);
    }
    const packet = data.slice();
    const take = () => {
      // A buffer of no length on endpoint 0 is for the status stage. A host that sends data there (USB 2.0 8.5.3 has it send
      // none) overwrites, as we take it, the buffer that endpoint 0 has for both directions, and nothing else.
      const isData = line === EP0_OUT && length === 0 && packet.length <= EP0_PACKET;
      if (packet.length > length && !isData) {
        controller.board.violate("longer-than-armed", `${lineName(line)}: ${packet.length} bytes for ${length}`);
      }
      const fits = packet.subarray(0, Math.max(0, DPRAM.SIZE - address));
      controller.buffers.bytes.set(fits, address);
      controller.packetDone(line, half, bits, packet.length);
    };
    return this.later(line, take, answer);
  }

  /** Keeps what happens to the registers when the transaction is over. */
  later(line, happens, reply) {
    this.pending = happens;
    this.line = line;
    return reply;
  }

  /** The last handshake is through, or the time for it has passed. */
  complete() {
    const { pending, line } = this;
    this.pending = null;
    this.line = -1;
    if (pending === null) return;
    pending();
    if (line >= 0) this.controller.lineIsIdle(line);
  }
}
