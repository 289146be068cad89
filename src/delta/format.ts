import { fromHex, toHex, utf8 } from '../core/bytes.ts';
import type { Digest } from '../core/digest.ts';
import type { ByteSource } from '../core/source.ts';
import { type Coder, type Coding, codingMemory, decodeCoding, encodeCoding } from './coder/coding.ts';
import { invalid } from './invalid.ts';
import { Cursor, putVarint } from './varint.ts';

/** The name of the format in target paths and file names. */
export const DELTA_FORMAT = 'otad';
export const DELTA_VERSION = 2;

/** Bytes before the table of sections: docs/formats/delta.md, "Header". */
const FIXED_LENGTH = 104;
/** No image is longer, so that no sum or difference of places leaves the safe integers. */
export const IMAGE_MAX = 2 ** 48;

/** The sections in the order in which they stand, with their kinds; one not named here is refused. */
const KINDS = {
  packing: 1,
  prediction: 8,
  modes: 9,
  controls: 16,
  runs: 17,
  differences: 18,
  insertions: 19,
} as const;
export type SectionName = keyof typeof KINDS;
export const SECTIONS = Object.keys(KINDS) as readonly SectionName[];

/** The most bytes of one entry of the table: kind, coder, properties, window bits, two varints. */
const ENTRY_MAX = 4 + 2 * 8;
/** No header is longer. */
export const HEADER_MAX = FIXED_LENGTH + ENTRY_MAX * 32;

const MAGIC = utf8('otadelta');
/** Pieces of the delta, the old and the new image, and the two digests in progress. */
const BUFFERS = 4096;
/** What a step takes while its group is in memory, and in the match map. */
const STEP = 24;
/** What prediction takes for a label, for the shifts of pages, and for each byte of what it predicts from. */
const LABEL = 16;
const SHIFTS = 2048;
const PART = 8;
const BLOCK_BITS = { least: 6, most: 16 } as const;
const LABEL_BITS_MAX = 20;

export interface Section {
  readonly name: SectionName;
  readonly coding: Coding;
  /** Bytes when decoded. */
  readonly length: number;
  /** Bytes in the delta. */
  readonly coded: number;
}

export interface DeltaHeader {
  readonly format: typeof DELTA_FORMAT;
  readonly version: typeof DELTA_VERSION;
  /** The image that it applies to. */
  readonly old: Digest;
  /** The image that it makes. */
  readonly new: Digest;
  /** Steps in all. */
  readonly steps: number;
  /** Steps whose numbers stand together: all `add`, all `insert`, all `seek`. */
  readonly group: number;
  /** The size of blocks and of the table of labels, in bits; both 0 where nothing is predicted. */
  readonly blockBits: number;
  readonly labelBits: number;
  readonly sections: readonly Section[];
  /** What codes the sections that are coded. */
  readonly coder: Coder;
  /** Bytes that applying needs beyond code and constant tables. */
  readonly memory: number;
  /** Those of them that packed streams take; only the section tells whether that is right: `readPacking`. */
  readonly packing: number;
  /** Bytes of the header with its table; the sections follow. */
  readonly length: number;
}

/** What a header is made from; no packed streams, no memory for them. */
export type HeaderFields = Pick<DeltaHeader, 'old' | 'new'> & MemoryFields;

/** What decides how much memory applying takes. */
export type MemoryFields = Pick<DeltaHeader, 'steps' | 'group' | 'blockBits' | 'labelBits' | 'sections'> &
  Partial<Pick<DeltaHeader, 'packing'>>;

/** Bytes that applying needs: docs/formats/delta.md, "Memory". */
export function memoryOf({
  steps,
  group,
  blockBits,
  labelBits,
  packing = 0,
  sections,
}: MemoryFields): number {
  const coders = sections.reduce((sum, { coding }) => sum + codingMemory(coding), 0);
  const fixed = BUFFERS + packing + group * STEP + coders;
  if (blockBits === 0) return fixed;
  const parts = sections.find(({ name }) => name === 'prediction')?.length ?? 0;
  const labels = labelBits === 0 ? 0 : LABEL * 2 ** labelBits + SHIFTS;
  return fixed + PART * parts + labels + STEP * steps + 2 * 2 ** blockBits;
}

export function encodeHeader(header: HeaderFields): Uint8Array {
  const { sections } = header;
  const bytes = new Uint8Array(FIXED_LENGTH + ENTRY_MAX * sections.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint8(8, DELTA_VERSION);
  view.setUint8(9, sections.length);
  view.setUint16(10, header.group, true);
  view.setUint32(12, memoryOf(header), true);
  view.setUint32(16, header.steps, true);
  view.setUint8(20, header.blockBits);
  view.setUint8(21, header.labelBits);
  view.setBigUint64(24, BigInt(header.old.length), true);
  view.setBigUint64(32, BigInt(header.new.length), true);
  bytes.set(fromHex(header.old.sha256) ?? [], 40);
  bytes.set(fromHex(header.new.sha256) ?? [], 72);
  let at = FIXED_LENGTH;
  for (const { name, coding, length, coded } of sections) {
    bytes.set([KINDS[name], ...encodeCoding(coding)], at);
    at = putVarint(bytes, putVarint(bytes, at + 4, length), coded);
  }
  return bytes.subarray(0, at);
}

/**
 * Reads what a delta says of itself, from its first bytes alone.
 *
 * @throws OtaError `delta-invalid`
 */
export async function readDeltaHeader(patch: ByteSource): Promise<DeltaHeader> {
  if (patch.length < FIXED_LENGTH) throw invalid(`it has ${patch.length} bytes, fewer than a header`);
  const fixed = await patch.read(0, FIXED_LENGTH);
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.length);
  if (!MAGIC.every((byte, index) => fixed[index] === byte))
    throw invalid('it does not start with "otadelta"');
  const version = view.getUint8(8);
  if (version !== DELTA_VERSION) {
    throw invalid(`its version is ${version}`, `Use a release of ota that reads version ${version}.`);
  }
  const group = view.getUint16(10, true);
  if (group === 0) throw invalid('its groups have no steps');
  if (view.getUint16(22, true) !== 0) throw invalid('a reserved byte is not zero');
  const count = view.getUint8(9);
  const room = Math.min(ENTRY_MAX * count, patch.length - FIXED_LENGTH);
  const cursor = new Cursor(await patch.read(FIXED_LENGTH, room));
  const sections = readTable(cursor, count);
  const steps = view.getUint32(16, true);
  const [blockBits, labelBits] = readPredictionBits(view, sections);
  const memory = view.getUint32(12, true);
  const packing = memory - memoryOf({ steps, group, blockBits, labelBits, sections });
  if (packing < 0 || packing > 0 !== sections.some(({ name }) => name === 'packing')) {
    throw invalid('the memory it declares is not what it takes');
  }
  const length = FIXED_LENGTH + room - cursor.left;
  return {
    format: DELTA_FORMAT,
    version,
    steps,
    group,
    blockBits,
    labelBits,
    sections,
    coder: sections.find(({ coding }) => coding.coder !== 'stored')?.coding.coder ?? 'stored',
    memory,
    packing,
    length,
    old: { length: readLength(view, 24), sha256: toHex(fixed.subarray(40, 72)) },
    new: { length: readLength(view, 32), sha256: toHex(fixed.subarray(72, 104)) },
  };
}

/** @throws OtaError `delta-invalid` where the sections do not end where the delta does */
export function checkLength({ length, sections }: DeltaHeader, patch: ByteSource): void {
  const end = sections.reduce((sum, { coded }) => sum + coded, length);
  if (end !== patch.length) throw invalid(`it has ${patch.length} bytes, its sections end at ${end}`);
}

function readTable(cursor: Cursor, count: number): readonly Section[] {
  const sections: Section[] = [];
  let before = -1;
  for (let entry = 0; entry < count; entry++) {
    const [kind = 0, coder = 0, props = 0, bits = 0] = cursor.take(4) ?? [];
    const name = SECTIONS.find((section) => KINDS[section] === kind);
    if (!name) throw invalid(`its section ${kind} is not known`);
    if (kind <= before) throw invalid('its sections are not in their order');
    before = kind;
    const coding = decodeCoding(coder, props, bits);
    if (!coding) throw invalid(`a coder ${coder} with ${bits} window bits is not known`);
    const length = cursor.varint();
    const coded = cursor.varint();
    if (length === undefined || coded === undefined) throw invalid('its table of sections is damaged');
    if (length === 0 || coded === 0 || Math.max(length, coded) > 4 * IMAGE_MAX) {
      throw invalid('a section has a length that none can have');
    }
    sections.push({ name, coding, length, coded });
  }
  return sections;
}

function readPredictionBits(view: DataView, sections: readonly Section[]): readonly [number, number] {
  const blockBits = view.getUint8(20);
  const labelBits = view.getUint8(21);
  if (!sections.some(({ name }) => name === 'prediction' || name === 'modes')) {
    if (blockBits + labelBits > 0) throw invalid('it predicts from nothing');
  } else if (blockBits < BLOCK_BITS.least || blockBits > BLOCK_BITS.most || labelBits > LABEL_BITS_MAX) {
    throw invalid(`blocks of 2^${blockBits} bytes or 2^${labelBits} labels do not exist`);
  }
  return [blockBits, labelBits];
}

function readLength(view: DataView, at: number): number {
  const length = view.getBigUint64(at, true);
  if (length > BigInt(IMAGE_MAX)) throw invalid(`an image of ${length} bytes is too long`);
  return Number(length);
}
