import { BEGINNING, broken, type LogEntry, parseEntry } from './entry.ts';

/** A log, line by line: each must be as it was written, and follow the one before. */
export class LogCheck {
  readonly #path: string;
  #last: Pick<LogEntry, 'n' | 'hash'> = BEGINNING;

  /** @param path of the log, for messages */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws OtaError `log-broken`, where the first line that is */
  push(line: Uint8Array): LogEntry {
    const { n, hash } = this.#last;
    const where = `${this.#path}:${n + 1}`;
    const entry = parseEntry(line, where);
    if (entry.n !== n + 1)
      throw broken(where, `is number ${entry.n}: a line was taken out or put in before it`);
    if (entry.previous !== hash) throw broken(where, 'does not follow the line before it');
    this.#last = entry;
    return entry;
  }
}
