// The bytes of docs/packet-interface.md.

import assert from "node:assert/strict";
import test from "node:test";

import { LinkError, Messages, answer, failed, hello } from "../link.js";

/** A port that notes what it is asked. */
class Scripted {
  constructor(reply = { kind: "ack" }) {
    this.reply = reply;
    this.asked = [];
    this.state = { changes: 5, pullUp: true, resumeRequested: true };
  }
  runUntil(until) {
    this.asked.push(["run", until]);
    return until - 1;
  }
  transaction(transaction) {
    this.asked.push(transaction);
    return this.reply;
  }
  reset(start, end) {
    this.asked.push(["reset", start, end]);
  }
  suspend() {
    this.asked.push(["suspend"]);
  }
  resume() {
    this.asked.push(["resume"]);
  }
  startOfFrame(frame) {
    this.asked.push(["frame", frame]);
  }
  cable() {
    this.asked.push(["cable"]);
  }
}

const bytes = (hex) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const ask = (port, hex) => answer(port, bytes(hex));

test("the two messages that the document spells out", () => {
  const port = new Scripted({ kind: "data", toggle: 1, bytes: Uint8Array.of(0xaa) });
  const messages = new Messages();
  messages.add(bytes("0b 00 00 00 07 02 01 00 00 00 00 00 00 04 03"));
  assert.deepEqual(answer(port, messages.next()), bytes("0a000000 84 0500000000000000 03"));
  assert.deepEqual(port.asked, [["frame", 772]]);
  const poll = "03 0000000000000000 0000000000000000 0000000000000000 02 01 02 00 00 00 4000";
  assert.deepEqual(ask(port, poll), bytes("0d000000 83 0500000000000000 03 04 01 aa"));
});

test("times of more than 32 bits come and go", () => {
  const port = new Scripted();
  const reply = ask(port, "02 0000000005000000");
  assert.deepEqual(port.asked, [["run", 5 * 2 ** 32]]);
  assert.deepEqual(reply, bytes("12000000 82 0500000000000000 03 ffffffff04000000"));
});

test("every field of a transaction is where the document says", () => {
  const port = new Scripted();
  ask(port, "03 0100000000000000 0200000000000000 0300000000000000 01 7f 0f 01 01 03 ff03 090807");
  const [{ data, ...rest }] = port.asked;
  assert.deepEqual([...data], [9, 8, 7]);
  const [start, tokenEnd, dataEnd] = [1, 2, 3];
  const expected = { start, tokenEnd, dataEnd, token: "out", address: 127, endpoint: 15, toggle: 1, isochronous: true };
  assert.deepEqual(rest, { ...expected, fault: "lose handshake", room: 1023 });
});

test("the other commands are answered with Done, Goodbye not at all", () => {
  const port = new Scripted();
  const done = bytes("0a000000 84 0500000000000000 03");
  const commands = ["04 0100000000000000 0200000000000000", "05 0100000000000000", "06 0100000000000000"];
  for (const one of [...commands, "08 0100000000000000 00"]) assert.deepEqual(ask(port, one), done);
  assert.deepEqual(port.asked, [["reset", 1, 2], ["suspend"], ["resume"], ["cable"]]);
  assert.equal(ask(port, "09"), null);
});

test("Hello and Failed", () => {
  assert.deepEqual(hello("Pico"), bytes("0d000000 81 555342 53494d 0100 5069636f"));
  assert.deepEqual(failed("why"), bytes("04000000 85 776879"));
});

test("a stream may be cut anywhere", () => {
  const stream = bytes("02000000 0506 01000000 09");
  for (let cut = 0; cut <= stream.length; cut++) {
    const messages = new Messages();
    const found = [];
    for (const piece of [stream.subarray(0, cut), stream.subarray(cut)]) {
      messages.add(piece);
      for (let one = messages.next(); one !== null; one = messages.next()) found.push([...one]);
    }
    assert.deepEqual(found, [[5, 6], [9]]);
  }
});

test("malformed messages are errors", () => {
  const messages = new Messages();
  messages.add(bytes("01100000"));
  assert.throws(() => messages.next(), LinkError);
  assert.throws(() => ask(new Scripted(), "03 00"), LinkError);
  assert.throws(() => ask(new Scripted(), `03 ${"00".repeat(24)} 03 00 00 00 00 00 0000`), LinkError);
  assert.throws(() => ask(new Scripted(), "77"), LinkError);
});
