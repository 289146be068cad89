import { Labels } from './labels.ts';
import type { Layout, Part } from './layout.ts';
import type { MatchMap } from './match-map.ts';

/** The bytes that a cell turns out to be, as far as they are asked for. */
export interface Truth {
  /** The byte at a place of the cell; what was predicted there is written before. */
  byte(at: number): number;
}

/** Old bytes that one step copies, inside one block: they become what the new ones are thought to be. */
export interface Cell {
  bytes: Uint8Array;
  length: number;
  /** Where the old bytes are in memory, and the new ones. */
  oldAddress: number;
  newAddress: number;
  program: number;
}

/** Finds where the targets of references have moved. */
export class References {
  readonly #old: Layout;
  readonly #fresh: Layout;
  readonly #map: MatchMap;
  readonly #labels: Labels;

  constructor(old: Layout, fresh: Layout, map: MatchMap, tableBits: number) {
    this.#old = old;
    this.#fresh = fresh;
    this.#map = map;
    this.#labels = new Labels(tableBits);
  }

  /** Sets the addresses of a cell; `false` where its bytes are at none. */
  place(cell: Cell, oldAt: number, newAt: number): boolean {
    const from = this.#old.at(oldAt);
    const to = this.#fresh.at(newAt);
    if (!from || !to) return false;
    cell.oldAddress = from.address + oldAt - from.offset;
    cell.newAddress = to.address + newAt - to.offset;
    cell.program = from.program;
    return true;
  }

  /** Where an old target is thought to be in the new image's memory, -1 for what cannot be a target. */
  predict(program: number, target: number): number {
    const part = this.#old.find(program, target);
    if (!part) return -1;
    const known = this.#labels.get(program, target);
    return known >= 0 ? known : this.#moved(part, target);
  }

  /** Remembers where a target is that was thought to be elsewhere. */
  learn(program: number, target: number, predicted: number, found: number): void {
    if (found !== predicted && found >= 0) this.#labels.set(program, target, found);
  }

  #moved(part: Part, target: number): number {
    const inside = target - part.address;
    if (inside >= part.length) return target + this.#labels.shift(part.program, target);
    const oldAt = part.offset + inside;
    if (!this.#map.seek(oldAt)) return target;
    const newAt = oldAt + this.#map.shift;
    const to = this.#fresh.at(newAt);
    return to ? to.address + newAt - to.offset : target;
  }
}
