import { equalRun, viewOf } from './extend.ts';
import { putVarint, VARINT_MAX, zigzag } from './varint.ts';

/** The controls, runs, differences and insertions of a window, each with its length before it. */
export const STREAMS = 4;
export const WINDOW_HEADER = 4 * STREAMS;

/** Room that is kept for the control that is being built. */
const CONTROL = 3 * VARINT_MAX;
/** Room for a pair of run lengths and at least one difference, or one inserted byte. */
const LEAST = 2 * VARINT_MAX + 1;

class Stream {
  readonly bytes: Uint8Array;
  length = 0;

  constructor(limit: number) {
    this.bytes = new Uint8Array(limit);
  }

  varint(value: number): void {
    this.length = putVarint(this.bytes, this.length, value);
  }

  append(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}

/** Turns steps into windows of at most `limit` bytes of streams: docs/formats/delta.md, "Windows". */
export class WindowWriter {
  readonly #limit: number;
  readonly #controls: Stream;
  readonly #runs: Stream;
  readonly #differences: Stream;
  readonly #insertions: Stream;
  #ready: Uint8Array[] = [];
  /** Where the old bytes of the last control end. */
  #position = 0;
  /** The control that is being built. */
  #from = 0;
  #add = 0;
  #insert = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#controls = new Stream(limit);
    this.#runs = new Stream(limit);
    this.#differences = new Stream(limit);
    this.#insertions = new Stream(limit);
  }

  /** Takes the windows that are full. */
  take(): readonly Uint8Array[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** Ends the last window. */
  finish(): void {
    this.#cut();
  }

  /** New bytes that are the old ones with differences; `oldAt` is the place of the first in the whole old image. */
  add(oldAt: number, old: Uint8Array, fresh: Uint8Array): void {
    this.#control();
    this.#from = oldAt;
    const oldView = viewOf(old);
    const freshView = viewOf(fresh);
    for (let at = 0; at < fresh.length; ) {
      const room = this.#room();
      const equal = equalRun(oldView, at, freshView, at, fresh.length - at);
      this.#runs.varint(equal);
      at += equal;
      this.#add += equal;
      if (at === fresh.length) return;
      const start = at;
      const stop = Math.min(fresh.length, at + room - 2 * VARINT_MAX);
      const { bytes, length } = this.#differences;
      while (at < stop && old[at] !== fresh[at]) {
        bytes[length + at - start] = (fresh[at] as number) - (old[at] as number);
        at++;
      }
      this.#differences.length += at - start;
      this.#runs.varint(at - start);
      this.#add += at - start;
    }
  }

  /** New bytes that stand alone. */
  insert(fresh: Uint8Array): void {
    for (let at = 0; at < fresh.length; ) {
      const count = Math.min(fresh.length - at, this.#room());
      this.#insertions.append(fresh.subarray(at, at + count));
      this.#insert += count;
      at += count;
    }
  }

  /** Bytes that the window has room for; ends it first where that is too little. */
  #room(): number {
    let room = this.#limit - CONTROL - this.#used();
    if (room < LEAST) {
      this.#cut();
      room = this.#limit - CONTROL;
    }
    return room;
  }

  #used(): number {
    return this.#controls.length + this.#runs.length + this.#differences.length + this.#insertions.length;
  }

  /** Writes the control, unless it is empty yet; the next one goes on in the old image where it ends. */
  #control(): void {
    if (this.#add + this.#insert === 0) return;
    if (this.#add === 0) this.#from = this.#position;
    this.#controls.varint(this.#add);
    this.#controls.varint(this.#insert);
    this.#controls.varint(zigzag(this.#from - this.#position));
    this.#position = this.#from + this.#add;
    this.#from = this.#position;
    this.#add = 0;
    this.#insert = 0;
  }

  #cut(): void {
    this.#control();
    if (this.#used() === 0) return;
    const streams = [this.#controls, this.#runs, this.#differences, this.#insertions];
    const window = new Uint8Array(WINDOW_HEADER + this.#used());
    const view = new DataView(window.buffer);
    let at = WINDOW_HEADER;
    streams.forEach((stream, index) => {
      view.setUint32(4 * index, stream.length, true);
      window.set(stream.bytes.subarray(0, stream.length), at);
      at += stream.length;
      stream.length = 0;
    });
    this.#ready.push(window);
  }
}
