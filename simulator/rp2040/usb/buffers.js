// The controller's view of DPRAM: endpoint and buffer control words, which buffer comes next, and who owns what.
//
// The words live in DPRAM itself, where the processor changes them at any time. A copy of the control area is kept to
// know what a write has changed.

import { BUFFER, CONTROL, DPRAM, lineName } from "./registers.js";

const LINES = 32;
/** Ownership is kept per 64 bytes, the unit in which buffers are placed. */
const SLOT_SHIFT = 6;
/** A cycle of the controller's 48 MHz, in nanoseconds: what a write needs to be seen whole. */
const CLK_USB = 1000 / 48;
/** The bits of half a buffer control word that AVAILABLE makes valid. */
const REST = BUFFER.FULL | BUFFER.LAST | BUFFER.DATA1 | BUFFER.LENGTH;

/** Half `half` of a buffer control word. */
const halfOf = (word, half) => (word >>> (16 * half)) & 0xffff;

export class Buffers {
  /**
   * @param {Uint8Array} dpram its 4096 bytes
   * @param {object} around what the controller knows beyond DPRAM:
   *   now() in nanoseconds; violate(rule, what); isFree(line): the controller leaves the line alone;
   *   changed(): the host could get another answer now; ep0Control(): an endpoint control word for endpoint 0
   */
  constructor(dpram, around) {
    this.bytes = dpram;
    this.words = new Uint32Array(dpram.buffer, dpram.byteOffset, DPRAM.SIZE / 4);
    this.around = around;
    this.known = new Uint32Array(DPRAM.DATA / 4);
    /** Which half of a double-buffered line comes next. */
    this.select = new Uint8Array(LINES);
    /** When the rest of each half was last written, in nanoseconds. */
    this.restWritten = new Float64Array(2 * LINES).fill(-Infinity);
    /** The bytes that each half owns: [first, end), or nothing. */
    this.owned = new Array(2 * LINES).fill(null);
    this.ownersOfSlot = new Uint8Array(DPRAM.SIZE >> SLOT_SHIFT);
    this.reset();
  }

  /** The block was reset: DPRAM keeps its content, the controller forgets which buffer was next. */
  reset() {
    this.select.fill(0);
    this.owned.fill(null);
    this.ownersOfSlot.fill(0);
    this.known.set(this.words.subarray(0, this.known.length));
  }

  /** The endpoint control word; endpoint 0 has none and gets the like from SIE_CTRL. */
  control(line) {
    return line < 2 ? this.around.ep0Control() : this.words[(DPRAM.ENDPOINT_CONTROL + 4 * line) >> 2];
  }

  word(line) {
    return this.words[(DPRAM.BUFFER_CONTROL + 4 * line) >> 2];
  }

  isEnabled(line) {
    return (this.control(line) & CONTROL.ENABLE) !== 0;
  }

  isIsochronous(line) {
    return line >= 2 && ((this.control(line) >>> CONTROL.TYPE_SHIFT) & 3) === CONTROL.TYPE_ISOCHRONOUS;
  }

  isDouble(line) {
    return (this.control(line) & CONTROL.DOUBLE_BUFFERED) !== 0;
  }

  isStalled(line) {
    return (this.word(line) & BUFFER.STALL) !== 0;
  }

  /** Where half `half` has its data. */
  address(line, half) {
    const base = line < 2 ? DPRAM.EP0_BUFFER : this.control(line) & CONTROL.ADDRESS;
    if (half === 0) return base;
    // The second buffer follows the first; an isochronous one says how far behind (bits 28:27).
    return base + (this.isIsochronous(line) ? 128 << ((this.word(line) >>> 27) & 3) : 64);
  }

  /** What the controller finds when it looks at a line: the half that is next, and its control bits. */
  next(line) {
    const half = this.isDouble(line) ? this.select[line] : 0;
    const bits = halfOf(this.word(line), half);
    return { half, bits, address: this.address(line, half), length: bits & BUFFER.LENGTH };
  }

  /**
   * A packet of half `half` is through: hands the buffer back to the processor.
   * @param {number} line
   * @param {number} half
   * @param {number | null} received OUT: how many bytes came; IN: null
   */
  finish(line, half, received) {
    let bits = halfOf(this.word(line), half) & ~BUFFER.AVAILABLE;
    bits = received === null ? bits & ~BUFFER.FULL : (bits & ~BUFFER.LENGTH) | BUFFER.FULL | received;
    const other = this.word(line) & (half === 0 ? 0xffff0000 : 0x0000ffff);
    // "Reset buffer select" has done its work.
    const word = ((other | (bits << (16 * half))) & ~BUFFER.SELECT) >>> 0;
    const index = (DPRAM.BUFFER_CONTROL + 4 * line) >> 2;
    this.words[index] = word;
    this.known[index] = word;
    this.release(line, half);
    if (this.isDouble(line)) this.select[line] = half ^ 1;
  }

  /** The processor has written a word of DPRAM; it is there already. */
  written(offset) {
    if (offset >= DPRAM.DATA) {
      if (this.ownersOfSlot[offset >> SLOT_SHIFT] !== 0) this.checkData(offset);
      return;
    }
    const index = offset >> 2;
    const before = this.known[index];
    const after = this.words[index];
    this.known[index] = after;
    if (offset >= DPRAM.BUFFER_CONTROL) this.bufferControlWritten((offset - DPRAM.BUFFER_CONTROL) >> 2, before, after);
    else if (offset >= 8 && before !== after) this.endpointControlWritten(offset >> 2, before, after);
  }

  bufferControlWritten(line, before, after) {
    if (after & BUFFER.SELECT) this.select[line] = 0;
    let ready = (after & ~before & BUFFER.STALL) !== 0 || (before & ~after & BUFFER.STALL) !== 0;
    for (let half = 0; half < 2; half++) {
      const [old, now] = [halfOf(before, half), halfOf(after, half)];
      if ((old ^ now) & REST) this.restWritten[2 * line + half] = this.around.now();
      if (old & BUFFER.AVAILABLE && old !== now && !this.around.isFree(line))
        this.violate("owned-control-written", line, half);
      if (now & BUFFER.AVAILABLE) {
        if (!(old & BUFFER.AVAILABLE)) {
          this.checkArming(line, half, old, now);
          ready = true;
        }
        if (old !== now) this.own(line, half);
      } else {
        this.release(line, half);
      }
    }
    if (ready) this.around.changed();
  }

  checkArming(line, half, old, now) {
    const looked = this.isDouble(line) ? this.select[line] : 0;
    if (half === 1 && !this.isDouble(line)) return;
    if ((old ^ now) & REST) {
      this.violate(half === looked ? "available-with-rest" : "available-with-rest-other-buffer", line, half);
    } else if (this.around.now() - this.restWritten[2 * line + half] < CLK_USB) {
      this.violate("available-too-soon", line, half);
    }
    const isOut = (line & 1) === 1;
    if (isOut === ((now & BUFFER.FULL) !== 0)) this.violate("full-the-wrong-way", line, half);
    const length = now & BUFFER.LENGTH;
    if (length > (this.isIsochronous(line) ? 1023 : 64)) this.violate("packet-too-long", line, half);
    const address = this.address(line, half);
    if (this.isEnabled(line) && (address < DPRAM.DATA || address + length > DPRAM.SIZE)) {
      this.violate("buffer-misplaced", line, half);
    }
  }

  endpointControlWritten(line, before, after) {
    const shape = CONTROL.DOUBLE_BUFFERED | (3 << CONTROL.TYPE_SHIFT) | CONTROL.ADDRESS;
    const armed = this.owned[2 * line] !== null || this.owned[2 * line + 1] !== null;
    if (armed && after & CONTROL.ENABLE && (before ^ after) & shape && !this.around.isFree(line)) {
      this.violate("owned-endpoint-changed", line, 0);
    }
    if (!(after & CONTROL.ENABLE)) {
      this.release(line, 0);
      this.release(line, 1);
    }
    this.around.changed();
  }

  own(line, half) {
    this.release(line, half);
    if (!this.isEnabled(line) || (half === 1 && !this.isDouble(line))) return;
    const first = this.address(line, half);
    const end = Math.min(first + (halfOf(this.word(line), half) & BUFFER.LENGTH), DPRAM.SIZE);
    if (end <= first) return;
    this.owned[2 * line + half] = [first, end];
    this.countOwners(first, end, 1);
  }

  release(line, half) {
    const range = this.owned[2 * line + half];
    if (range === null) return;
    this.owned[2 * line + half] = null;
    this.countOwners(range[0], range[1], -1);
  }

  countOwners(first, end, by) {
    for (let slot = first >> SLOT_SHIFT; slot <= (end - 1) >> SLOT_SHIFT; slot++) this.ownersOfSlot[slot] += by;
  }

  checkData(offset) {
    const index = this.owned.findIndex((range) => range !== null && offset < range[1] && offset + 4 > range[0]);
    if (index < 0 || this.around.isFree(index >> 1)) return;
    this.violate("owned-buffer-written", index >> 1, index & 1);
  }

  violate(rule, line, half) {
    this.around.violate(rule, `${lineName(line)}, buffer ${half}`);
  }
}
