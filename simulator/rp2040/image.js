// Firmware images: .uf2, .elf and plain .bin, as parts of the flash chip.

import fs from "node:fs";

const FLASH_BASE = 0x10000000;
const UF2_MAGIC = [0x0a324655, 0x9e5d5157, 0x0ab16f30];
const UF2_NOT_MAIN_FLASH = 1;
const ELF_MAGIC = 0x464c457f;
const ELF_LOAD = 1;

/**
 * @param {string} path
 * @returns {{offset: number, bytes: Uint8Array}[]} offsets from the start of flash
 */
export function readImage(path) {
  const file = fs.readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const magic = file.length >= 4 ? view.getUint32(0, true) : 0;
  if (magic === UF2_MAGIC[0]) return readUf2(path, file, view);
  if (magic === ELF_MAGIC) return readElf(path, file, view);
  return [{ offset: 0, bytes: file }];
}

/** 512 bytes a block: where it goes, how long it is, 476 bytes of room (the format's own document). */
function readUf2(path, file, view) {
  if (file.length % 512 !== 0) throw new Error(`${path}: ${file.length} bytes, a UF2 file has whole blocks of 512`);
  const parts = [];
  for (let at = 0; at < file.length; at += 512) {
    const magic = [view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 508, true)];
    if (magic.some((word, index) => word !== UF2_MAGIC[index])) throw new Error(`${path}: no UF2 block at ${at}`);
    if (view.getUint32(at + 8, true) & UF2_NOT_MAIN_FLASH) continue;
    const length = Math.min(view.getUint32(at + 16, true), 476);
    parts.push({ offset: view.getUint32(at + 12, true) - FLASH_BASE, bytes: file.subarray(at + 32, at + 32 + length) });
  }
  return parts;
}

/** The loadable segments of a 32-bit little-endian ELF file, at their load addresses. */
function readElf(path, file, view) {
  const [table, size, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  const parts = [];
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    const [type, offset, , address, length] = [0, 4, 8, 12, 16].map((field) => view.getUint32(at + field, true));
    if (type !== ELF_LOAD || length === 0) continue;
    parts.push({ offset: address - FLASH_BASE, bytes: file.subarray(offset, offset + length) });
  }
  if (parts.length === 0) throw new Error(`${path}: nothing to load in it`);
  return parts;
}
