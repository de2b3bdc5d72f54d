// The instructions that firmware executes most, without the long way through rp2040js's decoder: same results, same
// cycles (test/instructions.test.js compares the two), twice the speed. All others are left to rp2040js.
//
// Flags: ARMv6-M manual, A6.7. Cycles: as rp2040js counts them.

import { memoryOf } from "./memory.js";
import { KIND, KINDS } from "./opcodes.js";

const PC = 15;
const SP = 13;

/**
 * @param {object} mcu an RP2040 of rp2040js
 * @returns {() => number} executes the next instruction: how many cycles it took
 */
export function executor(mcu) {
  const { core } = mcu;
  const r = core.registers;
  const memory = memoryOf(mcu);
  const { read32, read16, read8, write32, write16, write8 } = memory;
  const slow = core.executeInstruction.bind(core);
  /** Memory takes a cycle; peripherals have their own count. */
  const loading = (address) => (address >>> 0 < 0x40000000 ? 2 : 1 + core.cyclesIO(address));
  const storing = (address) => (address >>> 0 < 0x40000000 ? 2 : 1 + core.cyclesIO(address, true));

  function logic(result) {
    core.N = result < 0;
    core.Z = result === 0;
    return result;
  }

  function add(left, right) {
    const sum = left + right;
    const result = sum | 0;
    core.N = result < 0;
    core.Z = result === 0;
    core.C = sum > 0xffffffff;
    core.V = (~(left ^ right) & (left ^ result)) < 0;
    return result;
  }

  function subtract(left, right) {
    const result = (left - right) | 0;
    core.N = result < 0;
    core.Z = result === 0;
    core.C = left >= right;
    core.V = ((left ^ right) & (left ^ result)) < 0;
    return result;
  }

  function holds(condition) {
    switch (condition) {
      case 0:
        return core.Z;
      case 1:
        return !core.Z;
      case 2:
        return core.C;
      case 3:
        return !core.C;
      case 4:
        return core.N;
      case 5:
        return !core.N;
      case 6:
        return core.V;
      case 7:
        return !core.V;
      case 8:
        return core.C && !core.Z;
      case 9:
        return !core.C || core.Z;
      case 10:
        return core.N === core.V;
      case 11:
        return core.N !== core.V;
      case 12:
        return core.N === core.V && !core.Z;
      default:
        return core.N !== core.V || core.Z;
    }
  }

  function push(opcode) {
    const list = opcode & 0xff;
    const link = (opcode >> 8) & 1;
    let count = 0;
    for (let bits = list; bits !== 0; bits &= bits - 1) count++;
    let address = r[SP] - 4 * (count + link);
    r[SP] = address & ~3;
    for (let index = 0; index < 8; index++) {
      if (!((list >> index) & 1)) continue;
      write32(address, r[index]);
      address += 4;
    }
    if (link) write32(address, r[14]);
    return 1 + count;
  }

  function pop(opcode, pc) {
    const list = opcode & 0xff;
    const branch = (opcode >> 8) & 1;
    let count = 0;
    for (let bits = list; bits !== 0; bits &= bits - 1) count++;
    const target = branch ? read32(r[SP] + 4 * count) : 0;
    // It may be the return from an exception.
    if (target >>> 28 === 15) return slow();
    let address = r[SP];
    for (let index = 0; index < 8; index++) {
      if (!((list >> index) & 1)) continue;
      r[index] = read32(address);
      address += 4;
    }
    r[SP] = (address + 4 * branch) & ~3;
    r[PC] = branch ? target & ~1 : pc + 2;
    return 1 + count + 2 * branch;
  }

  function transfer(opcode, load) {
    const base = (opcode >> 8) & 7;
    let address = r[base];
    let cycles = 1;
    for (let index = 0; index < 8; index++) {
      if (!((opcode >> index) & 1)) continue;
      if (load) r[index] = read32(address);
      else write32(address, r[index]);
      address += 4;
      cycles++;
    }
    if (!((opcode >> base) & 1)) r[base] = address;
    return cycles;
  }

  function branchLink(opcode, pc) {
    const second = read16((pc & ~1) + 2);
    if ((second & 0xd000) !== 0xd000) return slow();
    const sign = (opcode >> 10) & 1;
    const [first, other] = [~(sign ^ (second >> 13)) & 1, ~(sign ^ (second >> 11)) & 1];
    const offset = (-sign << 24) | (first << 23) | (other << 22) | ((opcode & 0x3ff) << 12) | ((second & 0x7ff) << 1);
    r[14] = (pc + 4) | 1;
    r[PC] = pc + 4 + offset;
    return 3;
  }

  return function execute() {
    // An interrupt may be due: rp2040js looks at that first.
    if (core.interruptsUpdated) return slow();
    const pc = r[PC];
    const opcode = memory.fetch(pc);
    const kind = opcode < 0 ? 0 : KINDS[opcode];
    if (kind === 0) return slow();
    const low = opcode & 7;
    const middle = (opcode >> 3) & 7;
    const third = (opcode >> 6) & 7;
    const imm5 = (opcode >> 6) & 31;
    const upper = (opcode >> 8) & 7;
    const imm8 = opcode & 0xff;
    // POP and relative branches, which come last, set it themselves.
    if (kind <= KIND.LDM) r[PC] = pc + 2;
    let address = 0;
    switch (kind) {
      case KIND.LSL:
        if (imm5 !== 0) core.C = ((r[middle] >>> (32 - imm5)) & 1) === 1;
        r[low] = logic(r[middle] << imm5);
        return 1;
      case KIND.LSR: {
        const value = r[middle];
        core.C = ((value >>> (imm5 === 0 ? 31 : imm5 - 1)) & 1) === 1;
        r[low] = logic((imm5 === 0 ? 0 : value >>> imm5) | 0);
        return 1;
      }
      case KIND.ASR: {
        const value = r[middle] | 0;
        core.C = ((value >>> (imm5 === 0 ? 31 : imm5 - 1)) & 1) === 1;
        r[low] = logic(value >> (imm5 === 0 ? 31 : imm5));
        return 1;
      }
      case KIND.ADD_REGISTER:
        r[low] = add(r[middle], r[third]);
        return 1;
      case KIND.SUB_REGISTER:
        r[low] = subtract(r[middle], r[third]);
        return 1;
      case KIND.ADD_IMM3:
        r[low] = add(r[middle], third);
        return 1;
      case KIND.SUB_IMM3:
        r[low] = subtract(r[middle], third);
        return 1;
      case KIND.MOV_IMM8:
        r[upper] = logic(imm8);
        return 1;
      case KIND.CMP_IMM8:
        subtract(r[upper], imm8);
        return 1;
      case KIND.ADD_IMM8:
        r[upper] = add(r[upper], imm8);
        return 1;
      case KIND.SUB_IMM8:
        r[upper] = subtract(r[upper], imm8);
        return 1;
      case KIND.AND:
        r[low] = logic(r[low] & r[middle]);
        return 1;
      case KIND.EOR:
        r[low] = logic(r[low] ^ r[middle]);
        return 1;
      case KIND.TST:
        logic(r[low] & r[middle]);
        return 1;
      case KIND.NEG:
        r[low] = subtract(0, r[middle]);
        return 1;
      case KIND.CMP:
        subtract(r[low], r[middle]);
        return 1;
      case KIND.ORR:
        r[low] = logic(r[low] | r[middle]);
        return 1;
      case KIND.MUL:
        r[low] = logic(Math.imul(r[middle], r[low]));
        return 1;
      case KIND.BIC:
        r[low] = logic(r[low] & ~r[middle]);
        return 1;
      case KIND.MVN:
        r[low] = logic(~r[middle]);
        return 1;
      case KIND.ADD_HIGH:
        r[((opcode >> 4) & 8) | low] += r[(opcode >> 3) & 15];
        return 1;
      case KIND.MOV_HIGH:
        r[((opcode >> 4) & 8) | low] = r[(opcode >> 3) & 15];
        return 1;
      case KIND.BX: {
        const target = r[(opcode >> 3) & 15];
        if (target >>> 28 === 15) {
          r[PC] = pc;
          return slow();
        }
        r[PC] = target & ~1;
        return 2;
      }
      case KIND.BLX: {
        const target = r[(opcode >> 3) & 15];
        r[14] = (pc + 2) | 1;
        r[PC] = target & ~1;
        return 2;
      }
      case KIND.LDR_LITERAL:
        address = ((pc + 4) & ~3) + 4 * imm8;
        r[upper] = read32(address);
        return loading(address);
      case KIND.STR:
        address = r[middle] + r[third];
        write32(address, r[low]);
        return storing(address);
      case KIND.STRH:
        address = r[middle] + r[third];
        write16(address, r[low]);
        return storing(address);
      case KIND.STRB:
        address = r[middle] + r[third];
        write8(address, r[low]);
        return storing(address);
      case KIND.LDRSB:
        address = r[middle] + r[third];
        r[low] = (read8(address) << 24) >> 24;
        return loading(address);
      case KIND.LDR:
        address = r[middle] + r[third];
        r[low] = read32(address);
        return loading(address);
      case KIND.LDRH:
        address = r[middle] + r[third];
        r[low] = read16(address);
        return loading(address);
      case KIND.LDRB:
        address = r[middle] + r[third];
        r[low] = read8(address);
        return loading(address);
      case KIND.LDRSH:
        address = r[middle] + r[third];
        r[low] = (read16(address) << 16) >> 16;
        return loading(address);
      case KIND.STR_IMM:
        address = r[middle] + 4 * imm5;
        write32(address, r[low]);
        return storing(address);
      case KIND.LDR_IMM:
        address = r[middle] + 4 * imm5;
        r[low] = read32(address);
        return loading(address);
      case KIND.STRB_IMM:
        address = r[middle] + imm5;
        write8(address, r[low]);
        return storing(address);
      case KIND.LDRB_IMM:
        address = r[middle] + imm5;
        r[low] = read8(address);
        return loading(address);
      case KIND.STRH_IMM:
        address = r[middle] + 2 * imm5;
        write16(address, r[low]);
        return storing(address);
      case KIND.LDRH_IMM:
        address = r[middle] + 2 * imm5;
        r[low] = read16(address);
        return loading(address);
      case KIND.STR_SP:
        address = r[SP] + 4 * imm8;
        write32(address, r[upper]);
        return storing(address);
      case KIND.LDR_SP:
        address = r[SP] + 4 * imm8;
        r[upper] = read32(address);
        return loading(address);
      case KIND.ADD_SP:
        r[upper] = r[SP] + 4 * imm8;
        return 1;
      case KIND.MOVE_SP: {
        const amount = 4 * (opcode & 0x7f);
        r[SP] = (opcode & 0x80 ? r[SP] - amount : r[SP] + amount) & ~3;
        return 1;
      }
      case KIND.SXTH:
        r[low] = (r[middle] << 16) >> 16;
        return 1;
      case KIND.SXTB:
        r[low] = (r[middle] << 24) >> 24;
        return 1;
      case KIND.UXTH:
        r[low] = r[middle] & 0xffff;
        return 1;
      case KIND.UXTB:
        r[low] = r[middle] & 0xff;
        return 1;
      case KIND.PUSH:
        return push(opcode);
      case KIND.POP:
        return pop(opcode, pc);
      case KIND.STM:
        return transfer(opcode, false);
      case KIND.LDM:
        return transfer(opcode, true);
      case KIND.BRANCH_IF:
        if (!holds((opcode >> 8) & 15)) {
          r[PC] = pc + 2;
          return 1;
        }
        r[PC] = pc + 4 + ((imm8 << 24) >> 23);
        return 2;
      case KIND.BRANCH:
        r[PC] = pc + 4 + ((opcode << 21) >> 20);
        return 2;
      default:
        return branchLink(opcode, pc);
    }
  };
}
