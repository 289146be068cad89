import { equalBytes, utf8 } from '../../core/bytes.ts';
import { isSha256, sha256 } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { Cursor } from '../../core/json/cursor.ts';
import { parseJson } from '../../core/json/parse.ts';
import { compactJson } from '../../core/json/print.ts';
import type { JsonObject } from '../../core/json/value.ts';
import { parseTime } from '../../core/time.ts';

/** What was done with a key, or with who counts. */
export interface LogStep {
  /** `sign`, `key-generate`, `root-publish`: lower-case words with hyphens. */
  readonly step: string;
  /** To what: `manifest of gateway 2.4.0`, `root 3`. */
  readonly what: string;
  /** The key as it was named, and its keyid. */
  readonly key?: string;
  readonly keyid?: string;
  /** SHA-256 of what was signed or written. */
  readonly sha256?: string;
}

/** Who did it, with what, and when. */
export interface LogStamp {
  /** `user@host`. */
  readonly by: string;
  /** Name and version of the tool. */
  readonly tool: string;
  /** `YYYY-MM-DDTHH:MM:SSZ`, by the clock of the machine. */
  readonly at: string;
}

/** One line of a log. */
export interface LogEntry extends LogStep, LogStamp {
  /** From 1, without a gap. */
  readonly n: number;
  /** `hash` of the line before; of the first line 64 zeros. */
  readonly previous: string;
  /** SHA-256 of the canonical JSON of the line without this field. */
  readonly hash: string;
}

/** What the first line follows. */
export const BEGINNING = { n: 0, hash: '0'.repeat(64) } as const;

/** No line is longer, its end included. */
export const MAX_LINE_BYTES = 8192;

/** Names are text of people: whatever they are, a line stays a line. */
const MAX_TEXT = 512;
const short = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${[...text].slice(0, MAX_TEXT).join('')}…`;

/** The line that follows another. */
export function nextEntry(previous: Pick<LogEntry, 'n' | 'hash'>, step: LogStep, stamp: LogStamp): LogEntry {
  const entry = {
    ...step,
    what: short(step.what),
    ...(step.key === undefined ? {} : { key: short(step.key) }),
    ...stamp,
    n: previous.n + 1,
    previous: previous.hash,
  };
  return { ...entry, hash: hashOf(entry) };
}

/** A line with its end. */
export function printEntry(entry: LogEntry): Uint8Array {
  const bytes = new Uint8Array(Buffer.concat([compactJson({ ...entry }), utf8('\n')]));
  if (bytes.length <= MAX_LINE_BYTES) return bytes;
  throw new TypeError(`a line of the log has ${bytes.length} bytes`);
}

/**
 * Reads a line, without its end, that was written by `printEntry`, and checks that it is as it was written.
 *
 * @param where `log.jsonl:17`
 * @throws OtaError `log-broken`
 */
export function parseEntry(line: Uint8Array, where: string): LogEntry {
  const entry = readEntry(line, where);
  const { hash, ...rest } = entry;
  // The hash is of what the line says; white space and escapes are for the comparison of bytes.
  if (hashOf(rest) === hash && equalBytes(compactJson({ ...entry }), line)) return entry;
  throw broken(where, 'was changed after it was written');
}

function readEntry(line: Uint8Array, where: string): LogEntry {
  try {
    const at = new Cursor(parseJson(line, where), where).only([...REQUIRED, ...OPTIONAL]);
    const text = (name: (typeof REQUIRED)[number] | (typeof OPTIONAL)[number]) => at.field(name).string();
    const digest = (name: 'hash' | 'previous' | 'sha256' | 'keyid') => {
      const value = text(name);
      return isSha256(value) ? value : at.field(name).fail('must be 64 hex digits');
    };
    parseTime(text('at'), where);
    return {
      n: at.field('n').integer(1),
      at: text('at'),
      by: text('by'),
      tool: text('tool'),
      step: text('step'),
      what: text('what'),
      ...(at.optional('key') ? { key: text('key') } : {}),
      ...(at.optional('keyid') ? { keyid: digest('keyid') } : {}),
      ...(at.optional('sha256') ? { sha256: digest('sha256') } : {}),
      previous: digest('previous'),
      hash: digest('hash'),
    };
  } catch (cause) {
    if (!(cause instanceof OtaError)) throw cause;
    throw broken(where, `is no line of a log: ${cause.message}`, cause);
  }
}

const REQUIRED = ['n', 'at', 'by', 'tool', 'step', 'what', 'previous', 'hash'] as const;
const OPTIONAL = ['key', 'keyid', 'sha256'] as const;

const hashOf = (entry: Omit<LogEntry, 'hash'>): string => sha256(canonicalJson({ ...entry } as JsonObject));

/** @param fault what is wrong with the line, as the rest of a sentence */
export const broken = (where: string, fault: string, cause?: unknown): OtaError =>
  new OtaError('log-broken', `line ${where} ${fault}`, {
    where,
    ...(cause === undefined ? {} : { cause }),
    hint: 'Compare it with a copy, and tell those who hold the other keys. To go on, move the file away: a new log begins.',
  });
