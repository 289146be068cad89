import type { Kind } from '../predict/kinds.ts';
import type { Part } from '../predict/layout.ts';

/** What an ELF file says of itself, as far as prediction needs it. */
export interface Program {
  readonly offset: number;
  /** Where its last part ends in the image. */
  readonly end: number;
  readonly parts: readonly Omit<Part, 'program'>[];
  readonly kinds: readonly Kind[];
}

const PT_LOAD = 1;
/** Machines (ELF, e_machine) whose references are known. */
const KINDS: Readonly<Record<number, readonly Kind[]>> = {
  40: ['thumb', 'thumb-words', 'word32', 'relative32'],
  62: ['x86-64', 'word64', 'relative32'],
  183: ['arm64', 'word64', 'relative32'],
};

/** The ELF program that starts at `offset` of the bytes, little-endian, of a known machine; `undefined` for anything else. */
export function readElf(bytes: Uint8Array, offset: number): Program | undefined {
  if (offset + 64 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  if (view.getUint32(0) !== 0x7f454c46 || view.getUint8(5) !== 1) return undefined;
  const wide = view.getUint8(4) === 2;
  const kinds = KINDS[view.getUint16(18, true)];
  if (!kinds) return undefined;
  const long = (at: number) => Number(view.getBigUint64(at, true) & 0xffff_ffff_ffffn);
  const word = (at: number) => view.getUint32(at, true);
  const table = wide ? long(32) : word(28);
  const size = view.getUint16(wide ? 54 : 42, true);
  const count = view.getUint16(wide ? 56 : 44, true);
  if (size < (wide ? 56 : 32) || table + size * count > view.byteLength) return undefined;
  const parts: Omit<Part, 'program'>[] = [];
  for (let entry = 0; entry < count; entry++) {
    const at = table + size * entry;
    if (word(at) !== PT_LOAD) continue;
    const [from, address, length, memory] = wide
      ? [long(at + 8), long(at + 16), long(at + 32), long(at + 40)]
      : [word(at + 4), word(at + 8), word(at + 16), word(at + 20)];
    if (memory === 0 || length > memory || from + length > view.byteLength) continue;
    parts.push({ offset: offset + from, length, memory, address });
  }
  if (parts.length === 0) return undefined;
  return { offset, end: Math.max(...parts.map((part) => part.offset + part.length)), parts, kinds };
}

const MAGIC = Buffer.from('\x7fELF');

/** All programs of an image: one that is ELF itself, or those in it. What was unpacked may start at any place. */
export function findPrograms(bytes: Uint8Array): readonly Program[] {
  const found: Program[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = buffer.indexOf(MAGIC); at >= 0; ) {
    const program = readElf(bytes, at);
    if (program) found.push(program);
    // Of a program nothing else starts inside.
    at = buffer.indexOf(MAGIC, Math.max(at + 1, program?.end ?? 0));
  }
  return found;
}
