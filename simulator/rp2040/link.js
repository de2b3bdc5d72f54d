// The link of docs/packet-interface.md: bytes to calls of a Port, and its answers to bytes.

import fs from "node:fs";
import net from "node:net";

const VERSION = 1;
const LONGEST = 4096;
const COMMAND = {
  HELLO: 1,
  RUN_UNTIL: 2,
  TRANSACTION: 3,
  RESET: 4,
  SUSPEND: 5,
  RESUME: 6,
  START_OF_FRAME: 7,
  CABLE: 8,
  GOODBYE: 9,
};
const ANSWER = { HELLO: 0x81, REACHED: 0x82, REPLY: 0x83, DONE: 0x84, FAILED: 0x85 };
const TOKENS = ["setup", "out", "in"];
const FAULTS = [null, "lose token", "corrupt data", "lose handshake"];
const REPLIES = { silent: 0, ack: 1, nak: 2, stall: 3, data: 4 };

/** The other side, or this one, cannot go on. */
export class LinkError extends Error {}

/** Bus times are 64 bits, but no run lasts the 104 days that a double counts exactly. */
const time = (message, at) => message.readUInt32LE(at) + message.readUInt32LE(at + 4) * 0x100000000;

/**
 * @param {Buffer} message kind and fields
 * @returns {import("./usb/transactions.js").Transaction & {start: number, tokenEnd: number, dataEnd: number}}
 */
export function readTransaction(message) {
  if (message.length < 33) throw new LinkError(`a transaction of ${message.length} bytes, expected 33 or more`);
  const [token, address, endpoint, toggle, isochronous, fault] = message.subarray(25, 31);
  if (token > 2 || address > 127 || endpoint > 15 || toggle > 1 || fault > 3) {
    throw new LinkError(
      `a transaction with token ${token}, address ${address}, endpoint ${endpoint}, toggle ${toggle}, fault ${fault}`,
    );
  }
  return {
    start: time(message, 1),
    tokenEnd: time(message, 9),
    dataEnd: time(message, 17),
    token: TOKENS[token],
    address,
    endpoint,
    toggle,
    isochronous: isochronous !== 0,
    fault: FAULTS[fault],
    room: message.readUInt16LE(31),
    data: message.subarray(33),
  };
}

function message(kind, length) {
  const bytes = Buffer.alloc(5 + length);
  bytes.writeUInt32LE(1 + length, 0);
  bytes[4] = kind;
  return bytes;
}

function withState(kind, port, length) {
  const { changes, pullUp, resumeRequested } = port.state;
  const bytes = message(kind, 9 + length);
  bytes.writeUInt32LE(changes >>> 0, 5);
  bytes.writeUInt32LE(Math.floor(changes / 0x100000000), 9);
  bytes[13] = (pullUp ? 1 : 0) | (resumeRequested ? 2 : 0);
  return bytes;
}

/** What the device says first. */
export function hello(name) {
  const text = Buffer.from(`USBSIM\0\0${name}`);
  const bytes = message(ANSWER.HELLO, text.length);
  text.copy(bytes, 5);
  bytes.writeUInt16LE(VERSION, 11);
  return bytes;
}

export function failed(reason) {
  const text = Buffer.from(reason).subarray(0, LONGEST / 2);
  const bytes = message(ANSWER.FAILED, text.length);
  text.copy(bytes, 5);
  return bytes;
}

function reached(port, until) {
  const at = port.runUntil(until);
  const bytes = withState(ANSWER.REACHED, port, 8);
  bytes.writeUInt32LE(at % 0x100000000, 14);
  bytes.writeUInt32LE(Math.floor(at / 0x100000000), 18);
  return bytes;
}

function replied(port, transaction) {
  const reply = port.transaction(transaction);
  if (reply.kind !== "data") {
    const bytes = withState(ANSWER.REPLY, port, 1);
    bytes[14] = REPLIES[reply.kind];
    return bytes;
  }
  const bytes = withState(ANSWER.REPLY, port, 2 + reply.bytes.length);
  bytes[14] = REPLIES.data;
  bytes[15] = reply.toggle;
  bytes.set(reply.bytes, 16);
  return bytes;
}

/**
 * @param {import("./port.js").Port} port
 * @param {Buffer} command kind and fields
 * @returns {Buffer | null} the answer; null after Goodbye
 */
export function answer(port, command) {
  const done = () => withState(ANSWER.DONE, port, 0);
  switch (command[0]) {
    case COMMAND.RUN_UNTIL:
      return reached(port, time(command, 1));
    case COMMAND.TRANSACTION:
      return replied(port, readTransaction(command));
    case COMMAND.RESET:
      port.reset(time(command, 1), time(command, 9));
      return done();
    case COMMAND.SUSPEND:
      port.suspend();
      return done();
    case COMMAND.RESUME:
      port.resume();
      return done();
    case COMMAND.START_OF_FRAME:
      port.startOfFrame(command.readUInt16LE(9));
      return done();
    case COMMAND.CABLE:
      port.cable();
      return done();
    case COMMAND.GOODBYE:
      return null;
    default:
      throw new LinkError(`command 0x${command[0].toString(16)} is not known`);
  }
}

/** Cuts a stream into messages. */
export class Messages {
  constructor() {
    this.rest = Buffer.alloc(0);
  }

  add(bytes) {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
  }

  /** @returns {Buffer | null} kind and fields of the next one, if it is complete */
  next() {
    if (this.rest.length < 4) return null;
    const length = this.rest.readUInt32LE(0);
    if (length === 0 || length > LONGEST) throw new LinkError(`a message of ${length} bytes, expected 1 to ${LONGEST}`);
    if (this.rest.length < 4 + length) return null;
    const found = this.rest.subarray(4, 4 + length);
    this.rest = this.rest.subarray(4 + length);
    return found;
  }
}

/** Answers commands until Goodbye or the stream's end. */
class Server {
  constructor(port, write) {
    this.port = port;
    this.write = write;
    this.messages = new Messages();
    this.greeted = false;
    this.ended = false;
  }

  take(bytes) {
    this.messages.add(bytes);
    for (let one = this.messages.next(); one !== null && !this.ended; one = this.messages.next()) this.serve(one);
  }

  serve(command) {
    if (!this.greeted) {
      if (command[0] !== COMMAND.HELLO) throw new LinkError("the first command is not Hello");
      if (command.readUInt16LE(1) !== VERSION)
        throw new LinkError(`version ${command.readUInt16LE(1)} of the link, this one ${VERSION}`);
      this.greeted = true;
      return;
    }
    const bytes = answer(this.port, command);
    if (bytes === null) this.ended = true;
    else this.write(bytes);
  }
}

/**
 * Serves the link that `where` names: the path of a Unix socket, or "stdio".
 * @param {string} where
 * @param {string} name of the device
 * @param {import("./port.js").Port} port
 * @returns {Promise<void>} fulfilled after Goodbye or the end of the stream
 */
export async function serve(where, name, port) {
  if (where === "stdio") serveStandardStreams(name, port);
  else await serveSocket(where, name, port);
}

/** Blocking reads: there is nothing else to do, and each message costs far less than through the event loop. */
function serveStandardStreams(name, port) {
  const write = (bytes) => {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(1, bytes, at);
  };
  const server = new Server(port, write);
  const buffer = Buffer.alloc(65536);
  write(hello(name));
  try {
    while (!server.ended) {
      const count = fs.readSync(0, buffer);
      if (count === 0) return;
      server.take(Buffer.from(buffer.subarray(0, count)));
    }
  } catch (error) {
    write(failed(error.message));
    throw error;
  }
}

function serveSocket(path, name, port) {
  return new Promise((fulfil, reject) => {
    const socket = net.connect(path);
    const server = new Server(port, (bytes) => socket.write(bytes));
    socket.on("connect", () => socket.write(hello(name)));
    socket.on("error", reject);
    socket.on("close", () => fulfil());
    socket.on("data", (bytes) => {
      try {
        server.take(bytes);
        if (server.ended) socket.end();
      } catch (error) {
        socket.end(failed(error.message), () => reject(error));
      }
    });
  });
}
