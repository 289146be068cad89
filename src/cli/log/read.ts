import { OtaError } from '../../core/errors.ts';
import { chunks } from '../../core/source.ts';
import { type OpenFile, withFile } from '../../files/read.ts';
import { LogCheck } from '../../keys/log/check.ts';
import { type LogEntry, MAX_LINE_BYTES } from '../../keys/log/entry.ts';

/** A log whose every line is as it was written. */
export interface CheckedLog {
  readonly path: string;
  readonly entries: number;
  /** `hash` of the last line, which stands for all of them: written down elsewhere, it shows later that none is gone. */
  readonly head: string;
  readonly first?: string;
  readonly last?: string;
  /** Bytes of a line that was cut off while it was written, at the end; the next step removes them. */
  readonly cutOff: number;
}

/**
 * Reads a log and checks every line.
 *
 * @param head a hash that was written down before; the log must have a line with it
 * @param use is given each line, in order
 * @throws OtaError `log-broken` at the first line that is; as `withFile`
 */
export function checkLog(
  path: string,
  head?: string,
  use: (entry: LogEntry) => void = () => {},
): Promise<CheckedLog> {
  return withFile(path, async (file) => {
    const check = new LogCheck(path);
    let entries = 0;
    let first: LogEntry | undefined;
    let last: LogEntry | undefined;
    let found = head === undefined;
    const rest = await eachLine(file, (line) => {
      last = check.push(line);
      first ??= last;
      entries += 1;
      found ||= last.hash === head;
      use(last);
    });
    if (!found) {
      throw new OtaError('log-broken', `${path} has no line with the hash ${head}`, {
        where: path,
        hint: 'Lines that were there have been taken out, or it is another log. Compare it with a copy.',
      });
    }
    return {
      path,
      entries,
      head: last?.hash ?? '0'.repeat(64),
      ...(first && last ? { first: first.at, last: last.at } : {}),
      cutOff: rest,
    };
  });
}

/** Gives each line without its end; what comes after the last end is only counted. */
async function eachLine(file: OpenFile, use: (line: Uint8Array) => void): Promise<number> {
  let rest = Buffer.alloc(0);
  for await (const piece of chunks(file)) {
    rest = Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
      use(new Uint8Array(rest.subarray(start, end)));
      start = end + 1;
    }
    rest = rest.subarray(start);
    // Longer than any line: as one, it is told where it is.
    if (rest.length > MAX_LINE_BYTES) use(new Uint8Array(rest));
  }
  return rest.length;
}
