import { concatBytes } from '../../../core/bytes.ts';
import { AddressCache } from './address-cache.ts';
import { ADD, COPY, codeOf, codeOfPair, type Instruction } from './code-table.ts';
import { VCD_SOURCE } from './header.ts';
import { ByteList } from './integer.ts';
import type { Part } from './parts.ts';

/** A window as it stands in a delta: RFC 3284, section 4.2. */
export function encodeWindow(target: Uint8Array, parts: readonly Part[]): Uint8Array {
  const source = sourceOf(parts);
  const { data, instructions, addresses } = sections(target, parts, source);
  const body = new ByteList();
  body.integer(target.length);
  body.byte(0);
  for (const { length } of [data, instructions, addresses]) body.integer(length);
  const head = new ByteList();
  head.byte(source.length > 0 ? VCD_SOURCE : 0);
  if (source.length > 0) {
    head.integer(source.length);
    head.integer(source.start);
  }
  head.integer(body.length + data.length + instructions.length + addresses.length);
  return concatBytes(head.view(), body.view(), data.view(), instructions.view(), addresses.view());
}

interface Source {
  readonly start: number;
  readonly length: number;
}

/** All of the old image that a window copies from. */
function sourceOf(parts: readonly Part[]): Source {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { kind, from, length } of parts) {
    if (kind !== 'old') continue;
    start = Math.min(start, from);
    end = Math.max(end, from + length);
  }
  return end === 0 ? { start: 0, length: 0 } : { start, length: end - start };
}

function sections(target: Uint8Array, parts: readonly Part[], source: Source) {
  const data = new ByteList();
  const addresses = new ByteList();
  const cache = new AddressCache();
  const writer = new InstructionWriter();
  let at = 0;
  for (const { kind, from, length } of parts) {
    if (kind === 'given') {
      data.bytes(target.subarray(from, from + length));
      writer.add({ kind: ADD, size: length, mode: 0 });
    } else {
      const address = kind === 'old' ? from - source.start : source.length + from;
      const { mode, value } = cache.tell(address, source.length + at);
      if (AddressCache.isSame(mode)) addresses.byte(value);
      else addresses.integer(value);
      writer.add({ kind: COPY, size: length, mode });
    }
    at += length;
  }
  writer.finish();
  return { data, instructions: writer.bytes, addresses };
}

/** Writes instructions, two in one code where the table has that. */
class InstructionWriter {
  readonly bytes = new ByteList();
  #waiting: Instruction | undefined;

  add(instruction: Instruction): void {
    const pair = this.#waiting && codeOfPair(this.#waiting, instruction);
    if (pair !== undefined) {
      this.bytes.byte(pair);
      this.#waiting = undefined;
      return;
    }
    this.finish();
    this.#waiting = instruction;
  }

  finish(): void {
    if (this.#waiting === undefined) return;
    const { kind, size, mode } = this.#waiting;
    const { code, sized } = codeOf(kind, size, mode);
    this.bytes.byte(code);
    if (!sized) this.bytes.integer(size);
    this.#waiting = undefined;
  }
}
