// Endpoint 0, the line, interrupts and aliases: data sheet 4.1.2.6 and 4.1.4.

import assert from "node:assert/strict";
import test from "node:test";

import { ALIAS, INTERRUPT, LINE, REGISTER, SIE_CTRL, SIE_STATUS, USB_MUXING } from "../usb/registers.js";
import { AVAILABLE, DATA1, FULL, Rig, STALL } from "./rig.js";

const IN0 = 0;
const OUT0 = 1;

test("SETUP is always taken: it goes to the start of DPRAM and disarms the stall, buffers stay as they are", () => {
  const rig = new Rig();
  rig.arm(IN0, AVAILABLE | FULL | STALL | 2);
  rig.set(REGISTER.EP_STALL_ARM, 3);
  assert.equal(rig.in(0).kind, "stall");
  for (const first of [1, 2]) {
    const packet = [first, 6, 0, 1, 0, 0, 18, 0];
    assert.equal(rig.begin("setup", 0, { data: Uint8Array.from(packet) }).kind, "ack");
    assert.notEqual(rig.dpram[0], first, "not before the handshake");
    rig.finish();
    assert.deepEqual([...rig.dpram.subarray(0, 8)], packet);
    assert.equal(rig.get(REGISTER.INTS), INTERRUPT.SETUP_REQ);
  }
  assert.equal(rig.get(REGISTER.EP_STALL_ARM), 0);
  assert.equal(rig.control(IN0), AVAILABLE | FULL | STALL | 2);
  assert.equal(rig.in(0).kind, "data", "STALL without its arm does nothing");
});

test("each direction of endpoint 0 has its own arm", () => {
  const rig = new Rig();
  rig.arm(IN0, STALL);
  rig.arm(OUT0, STALL);
  rig.set(REGISTER.EP_STALL_ARM, 1);
  assert.deepEqual([rig.in(0).kind, rig.out(0, 1, []).kind], ["stall", "nak"]);
  rig.set(REGISTER.EP_STALL_ARM, 2);
  assert.deepEqual([rig.in(0).kind, rig.out(0, 1, []).kind], ["nak", "stall"]);
});

test("SETUP with DATA1, with damage or to another endpoint is not taken", () => {
  const rig = new Rig();
  assert.equal(rig.setup(undefined, { toggle: 1 }).kind, "silent");
  assert.notEqual(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.DATA_SEQ_ERROR, 0);
  assert.equal(rig.setup(undefined, { fault: "corrupt data" }).kind, "silent");
  assert.equal(rig.setup(undefined, { endpoint: 1 }).kind, "silent");
  assert.equal(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.SETUP_REC, 0);
});

test("endpoint 0 has both directions in the same buffer", () => {
  const rig = new Rig();
  rig.fill(0x100, [5, 6]);
  rig.arm(IN0, AVAILABLE | FULL | DATA1 | 2);
  assert.deepEqual([...rig.in(0).bytes], [5, 6]);
  rig.arm(OUT0, AVAILABLE | DATA1 | 64);
  assert.equal(rig.out(0, 1, [9]).kind, "ack");
  assert.equal(rig.dpram[0x100], 9);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 3);
  rig.set(REGISTER.BUFF_STATUS, 1);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 2);
});

test("endpoint 0 tells of its buffers only if SIE_CTRL says so", () => {
  const rig = new Rig();
  rig.set(REGISTER.SIE_CTRL, SIE_CTRL.EP0_INT_1BUF, ALIAS.CLEAR);
  rig.arm(IN0, AVAILABLE | FULL | 1);
  rig.in(0);
  assert.equal(rig.control(IN0), 1);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 0);
});

test("aliases set, clear and toggle bits", () => {
  const rig = new Rig();
  rig.set(REGISTER.INTE, 0xf0);
  rig.set(REGISTER.INTE, 0x0f, ALIAS.SET);
  assert.equal(rig.get(REGISTER.INTE), 0xff);
  rig.set(REGISTER.INTE, 0x3c, ALIAS.CLEAR);
  assert.equal(rig.get(REGISTER.INTE), 0xc3);
  rig.set(REGISTER.INTE, 0xff, ALIAS.XOR);
  assert.equal(rig.get(REGISTER.INTE), 0x3c);
  rig.setup();
  rig.set(REGISTER.SIE_STATUS, SIE_STATUS.SETUP_REC, ALIAS.CLEAR);
  assert.equal(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.SETUP_REC, 0);
});

test("a forced interrupt is one, an interrupt that is not enabled is only in INTR", () => {
  const rig = new Rig();
  rig.set(REGISTER.INTE, 0);
  rig.setup();
  assert.equal(rig.level, false);
  assert.equal(rig.get(REGISTER.INTR) & INTERRUPT.SETUP_REQ, INTERRUPT.SETUP_REQ);
  rig.set(REGISTER.INTF, INTERRUPT.BUS_RESET);
  assert.equal(rig.level, true);
  assert.equal(rig.get(REGISTER.INTS), INTERRUPT.BUS_RESET);
});

test("a bus reset is told, and nothing is heard before it is over; the address is the driver's", () => {
  const rig = new Rig();
  rig.set(REGISTER.ADDR_ENDP, 7);
  rig.usb.resetBegins();
  assert.equal(rig.get(REGISTER.INTS), INTERRUPT.BUS_RESET);
  assert.equal((rig.get(REGISTER.SIE_STATUS) >> 2) & 3, LINE.SE0);
  assert.equal(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.CONNECTED, 0);
  rig.set(REGISTER.SIE_STATUS, SIE_STATUS.BUS_RESET);
  assert.equal(rig.setup(undefined, { address: 7 }).kind, "silent");
  rig.usb.resetEnds();
  rig.usb.leaveReset();
  assert.equal((rig.get(REGISTER.SIE_STATUS) >> 2) & 3, LINE.J);
  assert.notEqual(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.CONNECTED, 0);
  assert.equal(rig.get(REGISTER.ADDR_ENDP), 7);
  assert.equal(rig.setup(undefined, { address: 7 }).kind, "ack");
});

test("SOF: the number can be read, and reading it ends the interrupt", () => {
  const rig = new Rig();
  rig.set(REGISTER.INTE, INTERRUPT.DEV_SOF, ALIAS.SET);
  rig.usb.startOfFrame(0x7ff);
  assert.equal(rig.level, true);
  assert.equal(rig.get(REGISTER.SOF_RD), 0x7ff);
  assert.equal(rig.level, false);
});

test("suspend and resume by the host are told once each", () => {
  const rig = new Rig();
  const wanted = INTERRUPT.DEV_SUSPEND | INTERRUPT.DEV_RESUME_FROM_HOST;
  rig.set(REGISTER.INTE, wanted);
  rig.usb.suspend();
  assert.equal(rig.get(REGISTER.INTS), INTERRUPT.DEV_SUSPEND);
  rig.set(REGISTER.SIE_STATUS, SIE_STATUS.SUSPENDED);
  assert.equal(rig.get(REGISTER.INTS), 0);
  rig.usb.resume();
  assert.equal(rig.get(REGISTER.INTS), INTERRUPT.DEV_RESUME_FROM_HOST);
  rig.set(REGISTER.SIE_STATUS, SIE_STATUS.RESUME);
  assert.equal(rig.get(REGISTER.INTS), 0);
});

test("remote wakeup: the bit clears itself, no resume is told, the next SOF is the news", () => {
  const rig = new Rig();
  rig.set(REGISTER.INTE, INTERRUPT.DEV_RESUME_FROM_HOST | INTERRUPT.DEV_SOF);
  rig.usb.suspend();
  rig.set(REGISTER.SIE_CTRL, SIE_CTRL.RESUME, ALIAS.SET);
  assert.equal(rig.usb.resumeRequested, true);
  assert.equal(rig.get(REGISTER.SIE_CTRL) & SIE_CTRL.RESUME, 0);
  rig.usb.resume();
  assert.equal(rig.usb.resumeRequested, false);
  assert.equal(rig.level, false);
  rig.usb.startOfFrame(1);
  assert.equal(rig.get(REGISTER.INTS), INTERRUPT.DEV_SOF);
});

test("in reset the block forgets everything but DPRAM, and writes are lost", () => {
  const rig = new Rig();
  rig.setup();
  rig.usb.hold(true);
  assert.equal(rig.level, false);
  assert.equal(rig.usb.pullUp, false);
  rig.set(REGISTER.MAIN_CTRL, 1);
  rig.usb.suspend();
  rig.usb.hold(false);
  assert.equal(rig.get(REGISTER.MAIN_CTRL), 0);
  assert.equal(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.SUSPENDED, 0);
  assert.equal(rig.dpram[1], 6);
});

test("without forced VBUS detection nothing is heard", () => {
  const rig = new Rig();
  rig.set(REGISTER.USB_PWR, 0);
  assert.equal(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.VBUS_DETECTED, 0);
  assert.equal(rig.setup().kind, "silent");
});

test("a chip before B2 needs 800 us to come out of a bus reset, and its pull-up can be held by hand meanwhile", () => {
  const rig = new Rig({ isB1: true });
  assert.equal(rig.usb.resetRecovery, 800e3);
  assert.equal(new Rig().usb.resetRecovery, 0);
  rig.set(REGISTER.USBPHY_DIRECT, 2);
  rig.set(REGISTER.USBPHY_DIRECT_OVERRIDE, 4);
  rig.set(REGISTER.USB_MUXING, USB_MUXING.SOFTCON);
  assert.equal(rig.usb.pullUp, true);
  rig.set(REGISTER.USBPHY_DIRECT_OVERRIDE, 0);
  assert.equal(rig.usb.pullUp, false);
});
