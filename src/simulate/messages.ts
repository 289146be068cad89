import type { SentError } from '../core/sent-error.ts';
import type { Fleet } from './part.ts';
import type { Run } from './run.ts';

/** What is asked of the store that the main thread has, and alone knows how to reach. */
export type Asked =
  | { readonly op: 'read'; readonly key: string; readonly maxBytes: number }
  | { readonly op: 'stream' | 'stat'; readonly key: string };

/** To a thread: its fleet once, parts of it one after the other, and what the store answered. */
export type ToThread =
  | { readonly fleet: Fleet; readonly url: string }
  | { readonly part: readonly [first: number, end: number] }
  | { readonly answer: number; readonly found: unknown }
  | ({ readonly answer: number } & SentError);

/** From a thread: what came of a part, or what it wants of the store. */
export type FromThread = { readonly run: Run } | SentError | ({ readonly ask: number } & Asked);
