// Buffers and endpoints: data sheet 4.1.2.5 and 4.1.2.6.

import assert from "node:assert/strict";
import test from "node:test";

import { CONTROL, INTERRUPT, REGISTER, SIE_CTRL, SIE_STATUS, lineOf } from "../usb/registers.js";
import { AVAILABLE, BULK, DATA1, FULL, ISOCHRONOUS, LAST, Rig, SELECT, STALL } from "./rig.js";

const IN1 = lineOf(1, false);
const OUT1 = lineOf(1, true);
const DOUBLE = CONTROL.DOUBLE_BUFFERED | CONTROL.INT_PER_BUFFER;

test("an endpoint that is not enabled does not answer", () => {
  const rig = new Rig();
  rig.arm(IN1, AVAILABLE | FULL | 4);
  assert.equal(rig.in(1).kind, "silent");
  assert.equal(rig.out(2, 0, [1]).kind, "silent");
});

test("only the device's own address is answered, and only with the pull-up on", () => {
  const rig = new Rig();
  assert.equal(rig.setup(undefined, { address: 5 }).kind, "silent");
  rig.set(REGISTER.ADDR_ENDP, 5);
  assert.equal(rig.setup(undefined, { address: 5 }).kind, "ack");
  assert.equal(rig.setup().kind, "silent");
  rig.set(REGISTER.SIE_CTRL, SIE_CTRL.PULLUP_EN, 3);
  assert.equal(rig.usb.pullUp, false);
  assert.equal(rig.setup(undefined, { address: 5 }).kind, "silent");
});

test("an IN is NAKed until AVAILABLE, then sent with the driver's toggle, and done only after the host's ACK", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x180);
  assert.equal(rig.in(1).kind, "nak");
  rig.fill(0x180, [1, 2, 3]);
  rig.arm(IN1, AVAILABLE | FULL | DATA1 | LAST | 3);
  const reply = rig.begin("in", 1);
  assert.deepEqual(reply, { kind: "data", toggle: 1, bytes: Uint8Array.of(1, 2, 3) });
  assert.equal(rig.control(IN1), AVAILABLE | FULL | DATA1 | LAST | 3);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 0);
  assert.equal(rig.level, false);
  rig.finish();
  assert.equal(rig.control(IN1), DATA1 | LAST | 3);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 1 << IN1);
  assert.equal(rig.level, true);
  assert.notEqual(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.TRANS_COMPLETE, 0);
  assert.equal(rig.in(1).kind, "nak");
  rig.set(REGISTER.BUFF_STATUS, 1 << IN1);
  assert.equal(rig.level, false);
});

test("an IN that the host does not acknowledge stays, with its toggle", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x180);
  rig.arm(IN1, AVAILABLE | FULL | 3);
  for (const more of [{ fault: "lose handshake" }, { fault: "corrupt data" }, { room: 2 }]) {
    assert.equal(rig.in(1, more).toggle, 0);
    assert.equal(rig.control(IN1), AVAILABLE | FULL | 3);
    assert.notEqual(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.RX_TIMEOUT, 0);
    assert.equal(rig.get(REGISTER.BUFF_STATUS), 0);
    rig.set(REGISTER.SIE_STATUS, SIE_STATUS.RX_TIMEOUT);
  }
  assert.equal(rig.in(1).kind, "data");
  assert.equal(rig.control(IN1), 3);
});

test("an OUT is looked at in the token: a buffer that is armed later comes too late", () => {
  const rig = new Rig();
  rig.open(OUT1, BULK, 0x180);
  assert.equal(rig.begin("out", 1, { data: Uint8Array.of(7) }).kind, "nak");
  rig.arm(OUT1, AVAILABLE | 64);
  rig.finish();
  assert.equal(rig.control(OUT1), AVAILABLE | 64);
  assert.equal(rig.dpram[0x180], 0);
  assert.equal(rig.out(1, 0, [7, 8]).kind, "ack");
  assert.deepEqual([...rig.dpram.subarray(0x180, 0x182)], [7, 8]);
  assert.equal(rig.control(OUT1), FULL | 2);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 1 << OUT1);
  assert.equal(rig.out(1, 1, [9]).kind, "nak");
});

test("an OUT with the wrong toggle is acknowledged, dropped, and raises DATA_SEQ_ERROR", () => {
  const rig = new Rig();
  rig.open(OUT1, BULK, 0x180);
  rig.set(REGISTER.INTE, INTERRUPT.ERROR_DATA_SEQ, 2);
  rig.arm(OUT1, AVAILABLE | DATA1 | 64);
  assert.equal(rig.out(1, 0, [7]).kind, "ack");
  assert.equal(rig.control(OUT1), AVAILABLE | DATA1 | 64);
  assert.equal(rig.dpram[0x180], 0);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 0);
  assert.equal(rig.get(REGISTER.INTS), INTERRUPT.ERROR_DATA_SEQ);
  rig.set(REGISTER.SIE_STATUS, SIE_STATUS.DATA_SEQ_ERROR);
  assert.equal(rig.get(REGISTER.INTS), 0);
  assert.equal(rig.out(1, 1, [7]).kind, "ack");
  assert.equal(rig.control(OUT1), DATA1 | FULL | 1);
});

test("damaged data are not answered, a lost handshake is none of the device's business", () => {
  const rig = new Rig();
  rig.open(OUT1, BULK, 0x180);
  rig.arm(OUT1, AVAILABLE | 64);
  assert.equal(rig.out(1, 0, [7], { fault: "lose token" }).kind, "silent");
  assert.equal(rig.out(1, 0, [7], { fault: "corrupt data" }).kind, "silent");
  assert.notEqual(rig.get(REGISTER.SIE_STATUS) & SIE_STATUS.CRC_ERROR, 0);
  assert.equal(rig.control(OUT1), AVAILABLE | 64);
  assert.equal(rig.out(1, 0, [7], { fault: "lose handshake" }).kind, "ack");
  assert.equal(rig.control(OUT1), FULL | 1);
});

test("STALL answers STALL on any endpoint but 0, and abort NAKs", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x180, CONTROL.INT_PER_BUFFER | CONTROL.INT_ON_STALL | CONTROL.INT_ON_NAK);
  rig.arm(IN1, AVAILABLE | FULL | STALL | 1);
  assert.equal(rig.in(1).kind, "stall");
  assert.equal(rig.get(REGISTER.EP_STATUS_STALL_NAK), 1 << IN1);
  rig.set(REGISTER.EP_STATUS_STALL_NAK, 1 << IN1);
  rig.set(REGISTER.EP_ABORT, 1 << IN1, 2);
  assert.equal(rig.get(REGISTER.EP_ABORT_DONE), 1 << IN1);
  assert.equal(rig.in(1).kind, "nak");
  assert.equal(rig.get(REGISTER.EP_STATUS_STALL_NAK), 1 << IN1);
  const changes = rig.usb.changes;
  rig.set(REGISTER.EP_ABORT, 1 << IN1, 3);
  assert.notEqual(rig.usb.changes, changes);
});

test("EP_ABORT waits for the transaction that is going on", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x180);
  rig.arm(IN1, AVAILABLE | FULL | 1);
  rig.begin("in", 1);
  rig.set(REGISTER.EP_ABORT, 1 << IN1, 2);
  assert.equal(rig.get(REGISTER.EP_ABORT_DONE), 0);
  rig.finish();
  assert.equal(rig.get(REGISTER.EP_ABORT_DONE), 1 << IN1);
  assert.equal(rig.control(IN1), 1);
});

test("two buffers are used in turn, and both completions are told, oldest first", () => {
  const rig = new Rig();
  rig.open(OUT1, BULK, 0x200, DOUBLE);
  rig.arm(OUT1, AVAILABLE | 64 | ((AVAILABLE | DATA1 | 64) << 16));
  assert.equal(rig.out(1, 0, [1]).kind, "ack");
  assert.equal(rig.out(1, 1, [2, 3]).kind, "ack");
  assert.equal(rig.out(1, 0, [4]).kind, "nak");
  assert.deepEqual([rig.dpram[0x200], rig.dpram[0x240], rig.dpram[0x241]], [1, 2, 3]);
  assert.equal(rig.control(OUT1), (FULL | 1 | ((FULL | DATA1 | 2) << 16)) >>> 0);
  assert.equal(rig.get(REGISTER.BUFF_CPU_SHOULD_HANDLE), 0);
  rig.set(REGISTER.BUFF_STATUS, 1 << OUT1);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 1 << OUT1, "the second buffer sets it again");
  assert.equal(rig.get(REGISTER.BUFF_CPU_SHOULD_HANDLE), 1 << OUT1);
  rig.set(REGISTER.BUFF_STATUS, 1 << OUT1);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 0);
});

test("buffers can be given back one by one, and the order holds", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x200, DOUBLE);
  const half = (bits) => rig.poke(0x80 + 4 * IN1, (rig.control(IN1) & 0xffff0000) | bits);
  rig.fill(0x200, [10]);
  rig.fill(0x240, [11]);
  rig.arm(IN1, AVAILABLE | FULL | 1 | ((AVAILABLE | FULL | DATA1 | 1) << 16));
  assert.equal(rig.in(1).bytes[0], 10);
  rig.fill(0x200, [12]);
  half(FULL | 1);
  rig.time += 100;
  half(FULL | AVAILABLE | 1);
  assert.deepEqual([rig.in(1).bytes[0], rig.in(1).bytes[0]], [11, 12]);
  assert.equal(rig.in(1).kind, "nak");
});

test("the buffer that is next stays next when it is not refilled, until the select is reset", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x200, DOUBLE);
  rig.arm(IN1, AVAILABLE | FULL | 1);
  assert.equal(rig.in(1).kind, "data");
  rig.arm(IN1, AVAILABLE | FULL | DATA1 | 1);
  assert.equal(rig.in(1).kind, "nak", "the controller waits for buffer 1");
  rig.set(REGISTER.EP_ABORT, 1 << IN1);
  rig.arm(IN1, 0);
  rig.set(REGISTER.EP_ABORT, 0);
  rig.arm(IN1, AVAILABLE | FULL | DATA1 | SELECT | 1);
  assert.equal(rig.in(1).kind, "data");
  assert.equal(rig.control(IN1) & SELECT, 0);
});

test("an interrupt for two buffers comes after the second", () => {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x200, CONTROL.DOUBLE_BUFFERED | CONTROL.INT_PER_2_BUFFERS);
  rig.arm(IN1, AVAILABLE | FULL | 1 | ((AVAILABLE | FULL | DATA1 | 1) << 16));
  rig.in(1);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 0);
  rig.in(1);
  assert.equal(rig.get(REGISTER.BUFF_STATUS), 1 << IN1);
});

test("isochronous endpoints have no handshakes", () => {
  const rig = new Rig();
  rig.open(IN1, ISOCHRONOUS, 0x200);
  rig.open(OUT1, ISOCHRONOUS, 0x800);
  assert.equal(rig.in(1, { isochronous: true }).kind, "silent");
  rig.arm(IN1, AVAILABLE | FULL | 500);
  assert.equal(rig.in(1, { isochronous: true, fault: "corrupt data" }).bytes.length, 500);
  assert.equal(rig.control(IN1), 500, "gone after one try");
  assert.equal(rig.out(1, 0, [1], { isochronous: true }).kind, "silent");
  assert.equal(rig.dpram[0x800], 0);
  rig.arm(OUT1, AVAILABLE | 1023);
  assert.equal(rig.out(1, 1, [1], { isochronous: true }).kind, "silent");
  assert.equal(rig.dpram[0x800], 1, "the toggle does not count");
});

test("an isochronous second buffer is as far away as bits 28:27 say", () => {
  const rig = new Rig();
  rig.open(IN1, ISOCHRONOUS, 0x200, DOUBLE);
  rig.fill(0x200, [1]);
  rig.fill(0x400, [2]);
  const offset512 = 2 << 27;
  rig.arm(IN1, (AVAILABLE | FULL | 1 | ((AVAILABLE | FULL | 1) << 16) | offset512) >>> 0);
  assert.deepEqual([rig.in(1, { isochronous: true }).bytes[0], rig.in(1, { isochronous: true }).bytes[0]], [1, 2]);
});

test("what the host could notice is counted", () => {
  const rig = new Rig();
  const counts = (what) => {
    const before = rig.usb.changes;
    what();
    return rig.usb.changes !== before;
  };
  assert.ok(counts(() => rig.open(IN1, BULK, 0x180)));
  assert.ok(!counts(() => rig.poke(0x80 + 4 * IN1, FULL | 4)));
  rig.time += 100;
  assert.ok(counts(() => rig.poke(0x80 + 4 * IN1, AVAILABLE | FULL | 4)));
  assert.ok(counts(() => rig.poke(0x80 + 4 * OUT1, STALL)));
  assert.ok(counts(() => rig.set(REGISTER.EP_STALL_ARM, 1)));
  assert.ok(counts(() => rig.set(REGISTER.ADDR_ENDP, 9)));
  assert.ok(counts(() => rig.set(REGISTER.SIE_CTRL, SIE_CTRL.PULLUP_EN, 3)));
  assert.ok(!counts(() => rig.poke(0x300, 1)));
  assert.ok(!counts(() => rig.set(REGISTER.INTE, 0)));
});
