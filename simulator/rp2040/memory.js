// The processor's way to memory, made short for where it goes most: SRAM and flash. rp2040js looks for a peripheral at
// the address of every write before it thinks of memory.

const SRAM = 0x20000000;
const FLASH = 0x10000000;

/**
 * Reads and writes that do the same as the chip's own. What is neither SRAM nor flash, or not aligned, goes the chip's
 * way. (All machines that Node runs on have their bytes in the processor's order.)
 * @param {object} mcu an RP2040 of rp2040js
 */
export function memoryOf(mcu) {
  const { sram, flash } = mcu;
  const sram32 = new Uint32Array(sram.buffer);
  const sram16 = new Uint16Array(sram.buffer);
  const flash32 = new Uint32Array(flash.buffer);
  const flash16 = new Uint16Array(flash.buffer);
  const [sramSize, flashSize] = [sram.length, flash.length];
  /** A HardFault on the chip (ARMv6-M manual, A3.2.1); rp2040js notices it for words only. */
  const checkHalf = (address) => {
    if (address & 1)
      mcu.logger.error("memory", `a half-word at 0x${(address >>> 0).toString(16)}, which is not 16 bit aligned`);
  };

  return {
    /** The instruction at an address; negative if it is not in SRAM or flash. */
    fetch(address) {
      const inFlash = (address - FLASH) >>> 0;
      if (inFlash < flashSize) return flash16[inFlash >>> 1];
      const inSram = (address - SRAM) >>> 0;
      return inSram < sramSize ? sram16[inSram >>> 1] : -1;
    },
    read32(address) {
      const inSram = (address - SRAM) >>> 0;
      if (inSram < sramSize && (address & 3) === 0) return sram32[inSram >>> 2];
      const inFlash = (address - FLASH) >>> 0;
      if (inFlash < flashSize && (address & 3) === 0) return flash32[inFlash >>> 2];
      return mcu.readUint32(address);
    },
    read16(address) {
      const inSram = (address - SRAM) >>> 0;
      if (inSram < sramSize && (address & 1) === 0) return sram16[inSram >>> 1];
      const inFlash = (address - FLASH) >>> 0;
      if (inFlash < flashSize && (address & 1) === 0) return flash16[inFlash >>> 1];
      checkHalf(address);
      return mcu.readUint16(address >>> 0);
    },
    read8(address) {
      const inSram = (address - SRAM) >>> 0;
      if (inSram < sramSize) return sram[inSram];
      const inFlash = (address - FLASH) >>> 0;
      if (inFlash < flashSize) return flash[inFlash];
      return mcu.readUint8(address >>> 0);
    },
    write32(address, value) {
      const inSram = (address - SRAM) >>> 0;
      if (inSram < sramSize && (address & 3) === 0) sram32[inSram >>> 2] = value;
      else mcu.writeUint32(address, value);
    },
    write16(address, value) {
      const inSram = (address - SRAM) >>> 0;
      if (inSram < sramSize && (address & 1) === 0) {
        sram16[inSram >>> 1] = value;
        return;
      }
      checkHalf(address);
      mcu.writeUint16(address >>> 0, value);
    },
    write8(address, value) {
      const inSram = (address - SRAM) >>> 0;
      if (inSram < sramSize) sram[inSram] = value;
      else mcu.writeUint8(address >>> 0, value);
    },
  };
}
