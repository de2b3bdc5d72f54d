// What each of the 65536 opcodes of 16 bits is: ARMv6-M manual, A5.2.

/** What an opcode is; 0 is for rp2040js. */
export const KIND = Object.freeze({
  LSL: 1,
  LSR: 2,
  ASR: 3,
  ADD_REGISTER: 4,
  SUB_REGISTER: 5,
  ADD_IMM3: 6,
  SUB_IMM3: 7,
  MOV_IMM8: 8,
  CMP_IMM8: 9,
  ADD_IMM8: 10,
  SUB_IMM8: 11,
  AND: 12,
  EOR: 13,
  TST: 14,
  NEG: 15,
  CMP: 16,
  ORR: 17,
  MUL: 18,
  BIC: 19,
  MVN: 20,
  ADD_HIGH: 21,
  MOV_HIGH: 22,
  BX: 23,
  BLX: 24,
  LDR_LITERAL: 25,
  STR: 26,
  STRH: 27,
  STRB: 28,
  LDRSB: 29,
  LDR: 30,
  LDRH: 31,
  LDRB: 32,
  LDRSH: 33,
  STR_IMM: 34,
  LDR_IMM: 35,
  STRB_IMM: 36,
  LDRB_IMM: 37,
  STRH_IMM: 38,
  LDRH_IMM: 39,
  STR_SP: 40,
  LDR_SP: 41,
  ADD_SP: 42,
  MOVE_SP: 43,
  SXTH: 44,
  SXTB: 45,
  UXTH: 46,
  UXTB: 47,
  PUSH: 48,
  STM: 49,
  LDM: 50,
  POP: 51,
  BRANCH_IF: 52,
  BRANCH: 53,
  BRANCH_LINK: 54,
});

/** [first bits, how many, kind]. */
const PATTERNS = [
  [0b00000, 5, "LSL"],
  [0b00001, 5, "LSR"],
  [0b00010, 5, "ASR"],
  [0b0001100, 7, "ADD_REGISTER"],
  [0b0001101, 7, "SUB_REGISTER"],
  [0b0001110, 7, "ADD_IMM3"],
  [0b0001111, 7, "SUB_IMM3"],
  [0b00100, 5, "MOV_IMM8"],
  [0b00101, 5, "CMP_IMM8"],
  [0b00110, 5, "ADD_IMM8"],
  [0b00111, 5, "SUB_IMM8"],
  [0b0100000000, 10, "AND"],
  [0b0100000001, 10, "EOR"],
  [0b0100001000, 10, "TST"],
  [0b0100001001, 10, "NEG"],
  [0b0100001010, 10, "CMP"],
  [0b0100001100, 10, "ORR"],
  [0b0100001101, 10, "MUL"],
  [0b0100001110, 10, "BIC"],
  [0b0100001111, 10, "MVN"],
  [0b01000100, 8, "ADD_HIGH"],
  [0b01000110, 8, "MOV_HIGH"],
  [0b010001110, 9, "BX"],
  [0b010001111, 9, "BLX"],
  [0b01001, 5, "LDR_LITERAL"],
  [0b0101000, 7, "STR"],
  [0b0101001, 7, "STRH"],
  [0b0101010, 7, "STRB"],
  [0b0101011, 7, "LDRSB"],
  [0b0101100, 7, "LDR"],
  [0b0101101, 7, "LDRH"],
  [0b0101110, 7, "LDRB"],
  [0b0101111, 7, "LDRSH"],
  [0b01100, 5, "STR_IMM"],
  [0b01101, 5, "LDR_IMM"],
  [0b01110, 5, "STRB_IMM"],
  [0b01111, 5, "LDRB_IMM"],
  [0b10000, 5, "STRH_IMM"],
  [0b10001, 5, "LDRH_IMM"],
  [0b10010, 5, "STR_SP"],
  [0b10011, 5, "LDR_SP"],
  [0b10101, 5, "ADD_SP"],
  [0b10110000, 8, "MOVE_SP"],
  [0b1011001000, 10, "SXTH"],
  [0b1011001001, 10, "SXTB"],
  [0b1011001010, 10, "UXTH"],
  [0b1011001011, 10, "UXTB"],
  [0b1011010, 7, "PUSH"],
  [0b1011110, 7, "POP"],
  [0b11000, 5, "STM"],
  [0b11001, 5, "LDM"],
  [0b1101, 4, "BRANCH_IF"],
  [0b11100, 5, "BRANCH"],
  [0b11110, 5, "BRANCH_LINK"],
];

const PC = 15;
const SP = 13;

/** Forms that are rare enough to be left out: PC and SP as operands, undefined encodings. */
function isRare(kind, opcode) {
  const [high, low] = [(opcode >> 3) & 15, ((opcode >> 4) & 8) | (opcode & 7)];
  switch (kind) {
    case KIND.ADD_HIGH:
    case KIND.MOV_HIGH:
      return high === PC || low === PC || low === SP;
    case KIND.BX:
    case KIND.BLX:
      return high === PC || (opcode & 7) !== 0;
    case KIND.BRANCH_IF:
      return ((opcode >> 8) & 15) >= 14;
    default:
      return false;
  }
}

/** The kind of each of the 65536 opcodes. */
export const KINDS = Uint8Array.from({ length: 0x10000 }, (_, opcode) => {
  const found = PATTERNS.find(([bits, count]) => opcode >> (16 - count) === bits);
  if (found === undefined) return 0;
  const kind = KIND[found[2]];
  return isRare(kind, opcode) ? 0 : kind;
});
