// The flash chip: what the boot ROM's functions do to it, how long that takes, and the file that keeps it.

import fs from "node:fs";

/** The chip of a Pico, W25Q16JV: 2 MiB. Its data sheet's typical times, in nanoseconds. */
export const FLASH_SIZE = 2 * 1024 * 1024;
const SECTOR = 4096;
const BLOCK = 65536;
const PAGE = 256;
const ERASE_SECTOR = 45e6;
const ERASE_BLOCK = 150e6;
const PROGRAM_PAGE = 0.4e6;

export class Flash {
  /**
   * @param {{offset: number, bytes: Uint8Array}[]} image the firmware, always written over what the file has there
   * @param {string | null} path where the content is kept; null: nowhere
   */
  constructor(image, path) {
    this.bytes = new Uint8Array(FLASH_SIZE).fill(0xff);
    this.file = null;
    if (path !== null && fs.existsSync(path)) {
      this.bytes.set(fs.readFileSync(path).subarray(0, FLASH_SIZE));
    }
    for (const { offset, bytes } of image) {
      if (offset < 0 || offset + bytes.length > FLASH_SIZE) {
        throw new Error(
          `the image has ${bytes.length} bytes at 0x${offset.toString(16)} of flash, which ends at 2 MiB`,
        );
      }
      this.bytes.set(bytes, offset);
    }
    if (path !== null) {
      fs.writeFileSync(path, this.bytes);
      this.file = fs.openSync(path, "r+");
    }
  }

  /** Copies the content to where the emulator reads it from, and keeps the two alike from then on. */
  attach(memory) {
    this.memory = memory;
    memory.set(this.bytes);
  }

  /**
   * @param {number} offset
   * @param {number} count
   * @returns {number} how long the chip is busy, in nanoseconds
   */
  erase(offset, count) {
    this.check("erase", offset, count, SECTOR);
    this.change(offset, count, () => this.bytes.fill(0xff, offset, offset + count));
    let time = 0;
    for (let at = offset; at < offset + count;) {
      const block = at % BLOCK === 0 && at + BLOCK <= offset + count;
      time += block ? ERASE_BLOCK : ERASE_SECTOR;
      at += block ? BLOCK : SECTOR;
    }
    return time;
  }

  /** As {@link erase}. Programming only clears bits. */
  program(offset, data) {
    this.check("program", offset, data.length, PAGE);
    this.change(offset, data.length, () => data.forEach((byte, index) => (this.bytes[offset + index] &= byte)));
    return (data.length / PAGE) * PROGRAM_PAGE;
  }

  check(what, offset, count, unit) {
    if (offset % unit !== 0 || count % unit !== 0 || offset + count > FLASH_SIZE) {
      throw new Error(
        `flash: ${what} of ${count} bytes at 0x${offset.toString(16)}: not whole units of ${unit}, or past 2 MiB`,
      );
    }
  }

  change(offset, count, edit) {
    edit();
    this.memory.set(this.bytes.subarray(offset, offset + count), offset);
    if (this.file !== null) fs.writeSync(this.file, this.bytes, offset, count, offset);
  }
}
