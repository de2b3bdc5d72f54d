// Where the active cycles go: by function of the firmware, from the symbols of its .elf file.

import fs from "node:fs";

const SYMBOL_TABLE = 2;
const FUNCTION = 2;
/** What is not in any function of the firmware. */
const ELSEWHERE = "(boot ROM and others)";
const EXCEPTIONS = "(exception entry and exit)";

/**
 * The functions of a 32-bit little-endian ELF file, by address.
 * @param {string} path
 * @returns {{address: number, name: string}[]}
 */
export function readFunctions(path) {
  const file = fs.readFileSync(path);
  if (file.length < 52 || file.readUInt32BE(0) !== 0x7f454c46) throw new Error(`--profile: ${path} is no .elf file`);
  const [table, size, count] = [file.readUInt32LE(32), file.readUInt16LE(46), file.readUInt16LE(48)];
  const section = (index) => {
    const word = (field) => file.readUInt32LE(table + index * size + field);
    return { type: word(4), offset: word(16), length: word(20), link: word(24) };
  };
  const functions = [];
  for (let index = 0; index < count; index++) {
    const symbols = section(index);
    if (symbols.type !== SYMBOL_TABLE) continue;
    const names = section(symbols.link).offset;
    for (let at = symbols.offset; at < symbols.offset + symbols.length; at += 16) {
      if ((file[at + 12] & 0xf) !== FUNCTION) continue;
      const name = names + file.readUInt32LE(at);
      // Bit 0 of a function's address says Thumb.
      functions.push({ address: file.readUInt32LE(at + 4) & ~1, name: file.toString("latin1", name, file.indexOf(0, name)) });
    }
  }
  return functions.sort((a, b) => a.address - b.address);
}

/** Counts the cycles of a processor by the address that it executes. */
export class Profile {
  /**
   * @param {{address: number, name: string}[]} functions
   * @param {number} from bus time in nanoseconds before which nothing is counted
   */
  constructor(functions, from) {
    this.functions = functions;
    this.from = from;
    /** Cycles and executions by address. */
    this.places = new Map();
    this.exceptions = 0;
  }

  /** @param {import("./processor.js").Processor} processor */
  watch(processor) {
    const { core, clock, execute } = processor;
    processor.execute = () => {
      const place = core.PC;
      const cycles = execute();
      if (clock.nanosCounter >= this.from) this.count(place, cycles, processor.charge);
      return cycles;
    };
  }

  count(place, cycles, charge) {
    const found = this.places.get(place);
    if (found === undefined) this.places.set(place, { cycles, times: 1 });
    else {
      found.cycles += cycles;
      found.times++;
    }
    this.exceptions += charge;
  }

  /** @returns {string} a line for each function: cycles, share, how often its first instruction was executed, name */
  report() {
    const rows = new Map([[EXCEPTIONS, { cycles: this.exceptions, calls: 0 }]]);
    for (const [place, { cycles, times }] of this.places) {
      const { name, address } = this.functionAt(place);
      const row = rows.get(name) ?? { cycles: 0, calls: 0 };
      row.cycles += cycles;
      if (place === address) row.calls += times;
      rows.set(name, row);
    }
    const all = [...rows].sort(([, a], [, b]) => b.cycles - a.cycles);
    const total = all.reduce((sum, [, { cycles }]) => sum + cycles, 0);
    const line = ([name, { cycles, calls }]) => {
      const share = `${((100 * cycles) / total).toFixed(1)} %`;
      return `${String(cycles).padStart(12)} ${share.padStart(7)} ${String(calls).padStart(9)}  ${name}\n`;
    };
    return `      cycles   share     calls  function\n${all.map(line).join("")}`;
  }

  functionAt(place) {
    let [low, high] = [0, this.functions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.functions[middle].address <= place) low = middle + 1;
      else high = middle;
    }
    const found = this.functions[low - 1];
    // Flash and RAM have functions; the last one before a gap does not reach over it.
    const isSame = found !== undefined && found.address >>> 24 === place >>> 24;
    return isSame ? found : { name: ELSEWHERE, address: -1 };
  }
}
