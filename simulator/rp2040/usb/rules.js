// What a driver must not do. The chip would not complain: it would now and then send the wrong bytes. The model stops.
//
// Each rule has a name, by which it can be switched off (--allow NAME), and the place in the data sheet it is from.

export const RULES = Object.freeze({
  "available-with-rest":
    "AVAILABLE is set in the same write as length, toggle or FULL, and the controller looks at this buffer next: it " +
    "runs on its own clock and may use what was there before (4.1.2.5.1, 4.1.2.5.3)",
  "available-with-rest-other-buffer":
    "AVAILABLE is set in the same write as length, toggle or FULL, in the buffer that the controller looks at after " +
    "the next one (4.1.2.5.3)",
  "available-too-soon":
    "AVAILABLE is set less than one cycle of clk_usb after the rest of the word: the same danger (4.1.2.5.1)",
  "owned-control-written":
    "buffer control is changed while AVAILABLE says that the buffer is the controller's, with no EP_ABORT (4.1.2.5.3)",
  "owned-buffer-written": "a data buffer is written while AVAILABLE says that it is the controller's (4.1.2.5.3)",
  "owned-endpoint-changed":
    "address, type or buffering of an endpoint is changed while a buffer is the controller's (4.1.2.5.2)",
  "full-the-wrong-way":
    "AVAILABLE is set on an IN buffer without FULL, or on an OUT buffer with it: it NAKs (4.1.2.6.2, 4.1.2.6.3)",
  "packet-too-long": "AVAILABLE with a length over 64, or over 1023 for isochronous (4.1.2.5)",
  "buffer-misplaced": "a buffer that begins before 0x100 or ends after 0xfff (4.1.2.5)",
  "longer-than-armed":
    "the host sends more than the length that the OUT buffer was armed with: where it ends up is not said (data for " +
    "the status stage of endpoint 0 may, up to 64 bytes: they end up in its own buffer)",
  "wakeup-while-awake": "SIE_CTRL.RESUME while the bus is not suspended: two drivers on one wire (USB 2.0 7.1.7.7)",
  "abort-on-b1": "EP_ABORT on a chip before B2, where it does not work (erratum RP2040-E2)",
  "host-mode": "MAIN_CTRL.HOST_NDEVICE: this is a device",
});

/**
 * What upstream's C driver (TinyUSB 0.18, src/portable/raspberrypi/rp2040) breaks, and where. `--allow upstream` is all
 * of these.
 */
export const UPSTREAM = Object.freeze([
  {
    rule: "available-with-rest-other-buffer",
    where: "rp2040_usb.c, line 110",
    why: "AVAILABLE is held back for the first buffer (bit 10); the second gets it (bit 26) with the rest of its half",
  },
  {
    rule: "owned-control-written",
    where: "dcd_rp2040.c, lines 534 and 191",
    why: "a stall overwrites an armed buffer without EP_ABORT, and so does a SETUP on endpoint 0 of a chip before B2",
  },
  {
    rule: "longer-than-armed",
    where: "rp2040_usb.c, lines 127 and 240",
    why: "a buffer is armed with what is left of the transfer, and all that came is copied to the user's memory",
  },
]);

/** A broken rule. */
export class Violation extends Error {
  /**
   * @param {string} rule its name in {@link RULES}
   * @param {string} what what was seen
   */
  constructor(rule, what) {
    super(`${what}: ${RULES[rule]}; rule ${rule}`);
    this.name = "Violation";
    this.rule = rule;
  }
}
