// What a driver must not do, each rule broken once, and the right way beside it.

import assert from "node:assert/strict";
import test from "node:test";

import { BUFFER, CONTROL, MAIN_CTRL, REGISTER, SIE_CTRL, lineOf } from "../usb/registers.js";
import { RULES, UPSTREAM } from "../usb/rules.js";
import { AVAILABLE, BULK, DATA1, FULL, ISOCHRONOUS, LAST, Rig, SELECT, STALL, breaks } from "./rig.js";

const EP0_OUT = lineOf(0, true);
const IN1 = lineOf(1, false);
const OUT1 = lineOf(1, true);
const CONTROL_IN1 = 0x80 + 4 * IN1;
const CONTROL_OUT1 = 0x80 + 4 * OUT1;
const DOUBLE = CONTROL.DOUBLE_BUFFERED | CONTROL.INT_PER_BUFFER;

/** A rig with endpoint 1 open both ways. */
function opened(more = CONTROL.INT_PER_BUFFER) {
  const rig = new Rig();
  rig.open(IN1, BULK, 0x180, more);
  rig.open(OUT1, BULK, 0x280, more);
  return rig;
}

test("AVAILABLE comes after the rest", () => {
  const rig = opened();
  assert.throws(() => rig.poke(CONTROL_IN1, AVAILABLE | FULL | 8), breaks("available-with-rest"));
  assert.throws(() => opened().poke(CONTROL_OUT1, AVAILABLE | SELECT | 64), breaks("available-with-rest"));
});

test("a buffer whose rest is as it should be may be armed at once", () => {
  const rig = opened();
  rig.arm(IN1, AVAILABLE | FULL | 8);
  rig.in(1);
  rig.poke(CONTROL_IN1, FULL | 8);
  rig.time += 100;
  rig.poke(CONTROL_IN1, AVAILABLE | FULL | SELECT | 8);
  assert.equal(rig.in(1).kind, "data");
});

test("AVAILABLE of the buffer after the next one has a rule of its own", () => {
  const rig = opened(DOUBLE);
  const both = FULL | 64 | SELECT | ((AVAILABLE | FULL | DATA1 | 64) << 16);
  assert.throws(() => rig.poke(CONTROL_IN1, both), breaks("available-with-rest-other-buffer"));
});

test("AVAILABLE comes a cycle of clk_usb after the rest", () => {
  const rig = opened();
  rig.poke(CONTROL_IN1, FULL | 8);
  rig.time += 16;
  assert.throws(() => rig.poke(CONTROL_IN1, AVAILABLE | FULL | 8), breaks("available-too-soon"));
  const slow = opened();
  slow.poke(CONTROL_IN1, FULL | 8);
  slow.time += 24;
  slow.poke(CONTROL_IN1, AVAILABLE | FULL | 8);
  assert.equal(slow.in(1).kind, "data");
});

test("buffer control of an armed buffer is the controller's, but for EP_ABORT, bus reset or a closed endpoint", () => {
  const armed = () => {
    const rig = opened();
    rig.arm(IN1, AVAILABLE | FULL | 8);
    return rig;
  };
  assert.throws(() => armed().poke(CONTROL_IN1, 0), breaks("owned-control-written"));
  assert.throws(() => armed().poke(CONTROL_IN1, STALL), breaks("owned-control-written"));
  const aborted = armed();
  aborted.set(REGISTER.EP_ABORT, 1 << IN1);
  aborted.poke(CONTROL_IN1, 0);
  aborted.arm(IN1, AVAILABLE | FULL | 8);
  aborted.set(REGISTER.EP_ABORT, 0);
  assert.throws(() => aborted.poke(CONTROL_IN1, 0), breaks("owned-control-written"), "the abort is over");
  const reset = armed();
  reset.usb.resetBegins();
  reset.poke(CONTROL_IN1, 0);
  const closed = armed();
  closed.poke(4 * IN1, 0);
  closed.poke(CONTROL_IN1, 0);
  assert.deepEqual(
    [reset, closed].map((rig) => rig.control(IN1)),
    [0, 0],
  );
});

test("one half may be changed while the other is the controller's", () => {
  const rig = opened(DOUBLE);
  rig.arm(OUT1, AVAILABLE | 64);
  rig.poke(CONTROL_OUT1, AVAILABLE | 64 | ((DATA1 | 64) << 16));
  rig.time += 100;
  rig.poke(CONTROL_OUT1, AVAILABLE | 64 | ((AVAILABLE | DATA1 | 64) << 16));
  assert.deepEqual([rig.out(1, 0, [1]).kind, rig.out(1, 1, [2]).kind], ["ack", "ack"]);
});

test("the data of an armed buffer are the controller's, its neighbours' are not", () => {
  const rig = opened();
  rig.arm(IN1, AVAILABLE | FULL | 10);
  assert.throws(() => rig.poke(0x180, 1), breaks("owned-buffer-written"));
  assert.throws(() => rig.poke(0x188, 1), breaks("owned-buffer-written"));
  rig.poke(0x18c, 1);
  rig.poke(0x17c, 1);
  rig.in(1);
  rig.poke(0x180, 1);
  assert.equal(rig.dpram[0x180], 1);
});

test("an armed endpoint keeps its shape", () => {
  const rig = opened();
  rig.arm(IN1, AVAILABLE | FULL | 10);
  assert.throws(() => rig.open(IN1, BULK, 0x1c0), breaks("owned-endpoint-changed"));
  assert.throws(() => rig.open(IN1, ISOCHRONOUS, 0x180), breaks("owned-endpoint-changed"));
});

test("FULL says who has filled it", () => {
  assert.throws(() => opened().arm(IN1, AVAILABLE | 8), breaks("full-the-wrong-way"));
  assert.throws(() => opened().arm(OUT1, AVAILABLE | FULL | 64), breaks("full-the-wrong-way"));
});

test("lengths and places are those that the controller has", () => {
  assert.throws(() => opened().arm(OUT1, AVAILABLE | 65), breaks("packet-too-long"));
  const misplaced = opened();
  misplaced.open(IN1, BULK, 0xc0);
  assert.throws(() => misplaced.arm(IN1, AVAILABLE | FULL | 8), breaks("buffer-misplaced"));
  const behind = opened();
  behind.open(IN1, ISOCHRONOUS, 0xfc0);
  assert.throws(() => behind.arm(IN1, AVAILABLE | FULL | 65), breaks("buffer-misplaced"));
  const last = opened();
  last.open(IN1, ISOCHRONOUS, 0xfc0);
  last.arm(IN1, AVAILABLE | FULL | 64);
  assert.equal(last.in(1, { isochronous: true }).bytes.length, 64);
});

test("more than was armed is reported when it arrives", () => {
  const rig = opened();
  rig.arm(OUT1, AVAILABLE | 10);
  assert.throws(() => rig.out(1, 0, new Array(64).fill(1)), breaks("longer-than-armed"));
});

test("data in the status stage end up in endpoint 0's own buffer, if a packet of it can hold them", () => {
  const rig = opened();
  rig.arm(EP0_OUT, AVAILABLE | LAST | DATA1);
  rig.out(0, 1, new Array(64).fill(7));
  assert.equal(rig.control(EP0_OUT) & (FULL | AVAILABLE | BUFFER.LENGTH), FULL | 64);
  assert.deepEqual([...rig.dpram.subarray(0x100, 0x142)], [...new Array(64).fill(7), 0, 0]);
  rig.arm(EP0_OUT, AVAILABLE | LAST | DATA1);
  assert.throws(() => rig.out(0, 1, new Array(65).fill(1)), breaks("longer-than-armed"));
  const other = opened();
  other.arm(EP0_OUT, AVAILABLE | LAST | DATA1 | 1);
  assert.throws(() => other.out(0, 1, [1, 2]), breaks("longer-than-armed"));
});

test("wakeup, abort and host mode", () => {
  assert.throws(() => new Rig().set(REGISTER.SIE_CTRL, SIE_CTRL.RESUME, 2), breaks("wakeup-while-awake"));
  assert.throws(() => new Rig({ isB1: true }).set(REGISTER.EP_ABORT, 1), breaks("abort-on-b1"));
  assert.throws(() => new Rig().set(REGISTER.MAIN_CTRL, MAIN_CTRL.HOST_NDEVICE), breaks("host-mode"));
});

test("what upstream's driver breaks are rules that there are", () => {
  for (const { rule, where, why } of UPSTREAM) {
    assert.ok(rule in RULES, rule);
    assert.ok(where.length > 0 && why.length > 0);
  }
});
