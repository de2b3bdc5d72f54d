// The second core, as far as firmware needs it that does not use it: it can be reset, and says so.

const PSM = 0x40010;
const FRCE_OFF = 0x4;
const PROC1 = 1 << 16;
const FIFO_ST = 0x50;
const FIFO_RD = 0x58;
const VALID = 1 << 0;
const READY = 1 << 1;

/**
 * rp2040js has no mailbox between the cores. When core 1 comes out of reset its boot ROM sends a zero, which the SDK
 * waits for (data sheet 2.8.2); nothing else ever comes.
 * @param {object} mcu an RP2040 of rp2040js
 */
export function addCore1(mcu) {
  const psm = mcu.peripherals[PSM];
  const { sio } = mcu;
  const [writePsm, readSio] = [psm.writeUint32, sio.readUint32];
  let isOff = false;
  let zeros = 0;
  psm.writeUint32 = (offset, value) => {
    writePsm.call(psm, offset, value);
    if (offset !== FRCE_OFF) return;
    if (isOff && !(value & PROC1)) zeros = 1;
    isOff = (value & PROC1) !== 0;
  };
  sio.readUint32 = (offset) => {
    if (offset === FIFO_ST) return READY | (zeros > 0 ? VALID : 0);
    if (offset !== FIFO_RD) return readSio.call(sio, offset);
    zeros = 0;
    return 0;
  };
}
