// Names of the RP2040's USB registers and their bits, as far as a device has them (data sheet 4.1.4; DPRAM: 4.1.2.5).

/** Offsets from the register block's start, in bytes. */
export const REGISTER = Object.freeze({
  ADDR_ENDP: 0x00,
  MAIN_CTRL: 0x40,
  SOF_RD: 0x48,
  SIE_CTRL: 0x4c,
  SIE_STATUS: 0x50,
  BUFF_STATUS: 0x58,
  BUFF_CPU_SHOULD_HANDLE: 0x5c,
  EP_ABORT: 0x60,
  EP_ABORT_DONE: 0x64,
  EP_STALL_ARM: 0x68,
  EP_STATUS_STALL_NAK: 0x70,
  USB_MUXING: 0x74,
  USB_PWR: 0x78,
  USBPHY_DIRECT: 0x7c,
  USBPHY_DIRECT_OVERRIDE: 0x80,
  INTR: 0x8c,
  INTE: 0x90,
  INTF: 0x94,
  INTS: 0x98,
});

/** How a write reaches a register: by its address, or by one of the three aliases (data sheet 2.1.2). */
export const ALIAS = Object.freeze({ PLAIN: 0, XOR: 1, SET: 2, CLEAR: 3 });

export const MAIN_CTRL = Object.freeze({ CONTROLLER_EN: 1 << 0, HOST_NDEVICE: 1 << 1 });

export const SIE_CTRL = Object.freeze({
  EP0_INT_STALL: 0x80000000,
  EP0_DOUBLE_BUF: 1 << 30,
  EP0_INT_1BUF: 1 << 29,
  EP0_INT_2BUF: 1 << 28,
  EP0_INT_NAK: 1 << 27,
  TRANSCEIVER_PD: 1 << 18,
  PULLUP_EN: 1 << 16,
  RESUME: 1 << 12,
});

export const SIE_STATUS = Object.freeze({
  DATA_SEQ_ERROR: 0x80000000,
  RX_TIMEOUT: 1 << 27,
  CRC_ERROR: 1 << 24,
  BUS_RESET: 1 << 19,
  TRANS_COMPLETE: 1 << 18,
  SETUP_REC: 1 << 17,
  CONNECTED: 1 << 16,
  RESUME: 1 << 11,
  SUSPENDED: 1 << 4,
  VBUS_DETECTED: 1 << 0,
});

/** LINE_STATE in SIE_STATUS, bits 3:2. */
export const LINE = Object.freeze({ SE0: 0, J: 1, K: 2 });

export const USB_MUXING = Object.freeze({ TO_PHY: 1 << 0, SOFTCON: 1 << 3 });

export const USBPHY_DIRECT = Object.freeze({ DP_PULLUP_EN: 1 << 1 });

export const USBPHY_DIRECT_OVERRIDE = Object.freeze({ DP_PULLUP_EN: 1 << 2 });

export const USB_PWR = Object.freeze({ VBUS_DETECT: 1 << 2, VBUS_DETECT_OVERRIDE_EN: 1 << 3 });

/** INTR, INTE, INTF, INTS. */
export const INTERRUPT = Object.freeze({
  TRANS_COMPLETE: 1 << 3,
  BUFF_STATUS: 1 << 4,
  ERROR_DATA_SEQ: 1 << 5,
  ERROR_RX_TIMEOUT: 1 << 6,
  ERROR_CRC: 1 << 9,
  VBUS_DETECT: 1 << 11,
  BUS_RESET: 1 << 12,
  DEV_CONN_DIS: 1 << 13,
  DEV_SUSPEND: 1 << 14,
  DEV_RESUME_FROM_HOST: 1 << 15,
  SETUP_REQ: 1 << 16,
  DEV_SOF: 1 << 17,
  ABORT_DONE: 1 << 18,
  EP_STALL_NAK: 1 << 19,
});

/** An endpoint control word in DPRAM (data sheet 4.1.2.5.2). Endpoint 0 has none. */
export const CONTROL = Object.freeze({
  ENABLE: 0x80000000,
  DOUBLE_BUFFERED: 1 << 30,
  INT_PER_BUFFER: 1 << 29,
  INT_PER_2_BUFFERS: 1 << 28,
  TYPE_SHIFT: 26,
  TYPE_ISOCHRONOUS: 1,
  INT_ON_STALL: 1 << 17,
  INT_ON_NAK: 1 << 16,
  /** Bits 5:0 of the address are ignored. */
  ADDRESS: 0xffc0,
});

/** One half of a buffer control word in DPRAM (data sheet 4.1.2.5.3); SELECT and STALL are in the lower half only. */
export const BUFFER = Object.freeze({
  FULL: 1 << 15,
  LAST: 1 << 14,
  DATA1: 1 << 13,
  SELECT: 1 << 12,
  STALL: 1 << 11,
  AVAILABLE: 1 << 10,
  LENGTH: 0x3ff,
});

/** Byte offsets in DPRAM. */
export const DPRAM = Object.freeze({
  SIZE: 4096,
  SETUP: 0x000,
  /** Endpoint control words: of line n at 4 n; lines 0 and 1 would be the setup packet. */
  ENDPOINT_CONTROL: 0x000,
  /** Buffer control words: of line n at 0x80 + 4 n. */
  BUFFER_CONTROL: 0x080,
  EP0_BUFFER: 0x100,
  /** From here on everything is data. */
  DATA: 0x100,
});

/**
 * A line is an endpoint in one direction: 2 n for IN of endpoint n, 2 n + 1 for OUT, as in BUFF_STATUS.
 * @param {number} endpoint 0 to 15
 * @param {boolean} out
 */
export const lineOf = (endpoint, out) => 2 * endpoint + (out ? 1 : 0);

/** "endpoint 3 IN". @param {number} line */
export const lineName = (line) => `endpoint ${line >> 1} ${line & 1 ? "OUT" : "IN"}`;
