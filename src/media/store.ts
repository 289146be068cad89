import { OtaError } from '../core/errors.ts';
import { TIMESTAMP_KEY } from '../repository/layout.ts';
import type { ReadStore } from '../storage/store.ts';
import { openMediaFiles } from './files.ts';
import { BEGUN_FILE, MEDIA_FILE, type MediaFile, type MediaLayout, parseMediaLayout } from './layout.ts';
import { partsOf } from './parts.ts';

/** The files of a medium as they lie on it, parts apart. */
export interface MediaFiles extends ReadStore {
  /** Files whose keys start with a prefix, in code-unit order of the keys. */
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly length: number }>;
}

/** A finished medium. */
export interface Medium {
  readonly layout: MediaLayout;
  /** The repository on it, its files whole. It is never written to. */
  readonly store: ReadStore;
  /** The same as they lie there. */
  readonly files: MediaFiles;
}

/** Enough for a hundred thousand files. */
const MAX_LAYOUT_BYTES = 32 * 2 ** 20;

/**
 * Opens a medium: a folder, an image or an archive.
 *
 * @throws OtaError `media-missing` where there is none, `media-incomplete` for one that was not finished, `media-damaged` where it
 *   cannot be understood, `media-removed`
 */
export const openMedium = async (path: string): Promise<Medium> => mediumOf(await openMediaFiles(path));

/** A medium of the files that something holds. @throws OtaError as `openMedium` */
export async function mediumOf(physical: MediaFiles): Promise<Medium> {
  const files = mapped(physical);
  const found = await files.read(MEDIA_FILE, MAX_LAYOUT_BYTES);
  if (!found) throw await unfinished(files);
  const layout = readLayout(found.bytes, files.url);
  return { layout, files, store: joined(files, layout) };
}

function readLayout(bytes: Uint8Array, where: string): MediaLayout {
  try {
    return parseMediaLayout(bytes, MEDIA_FILE);
  } catch (cause) {
    if (!(cause instanceof OtaError)) throw cause;
    throw new OtaError('media-damaged', `the list of what is on ${where} is damaged: ${cause.message}`, {
      where: MEDIA_FILE,
      hint: 'Get another copy of the medium, or have it made again.',
      cause,
    });
  }
}

/** A repository without the list is a medium that somebody began to write. */
async function unfinished(files: MediaFiles): Promise<OtaError> {
  const begun = (await files.stat(BEGUN_FILE)) ?? (await files.stat(TIMESTAMP_KEY));
  for await (const _ of begun ? [] : files.list('targets/')) return incomplete(files.url);
  if (begun) return incomplete(files.url);
  return new OtaError('media-missing', `there is no medium at ${files.url}`, {
    where: files.url,
    hint: `Name the folder that ${MEDIA_FILE} is in, that of the stick where it is mounted; or an image or archive of one.`,
  });
}

const incomplete = (where: string): OtaError =>
  new OtaError('media-incomplete', `the medium at ${where} is not finished: ${MEDIA_FILE} is missing`, {
    where: MEDIA_FILE,
    hint: 'Run the command that makes it again, or copy it again and unmount it before it is pulled.',
  });

/** Files in parts as whole ones; a file that is listed and not there is a fault of the medium, not an answer. */
function joined(files: MediaFiles, layout: MediaLayout): ReadStore {
  const listed = new Map(layout.files.map((file) => [file.key, file]));
  const cut = ({ key, length }: MediaFile) => partsOf(key, length, layout.parts);
  const isCut = (file: MediaFile | undefined): file is MediaFile =>
    file !== undefined && file.length > layout.parts;
  const stat: ReadStore['stat'] = async (key) => {
    const file = listed.get(key);
    if (!isCut(file)) {
      const found = await files.stat(key);
      if (found || !file) return found;
      throw await gone(files, key);
    }
    let length = 0;
    for (const part of cut(file)) {
      const found = await files.stat(part.key);
      if (!found) throw await gone(files, part.key);
      length += found.length;
    }
    return { length };
  };
  const present = async (key: string): Promise<boolean> => {
    const found = await stat(key);
    const expected = listed.get(key)?.length;
    // Metadata that was renewed is newer than the list for as long as that takes.
    if (found && expected !== undefined && found.length < expected && key !== TIMESTAMP_KEY)
      throw short(files, key, found.length, expected);
    return found !== undefined;
  };
  return {
    url: files.url,
    stat,
    read: async (key, maxBytes) => {
      if (!(await present(key))) return undefined;
      // What has to be read at once is metadata, which is never as long as a part.
      return files.read(key, maxBytes);
    },
    stream: async (key) => {
      if (!(await present(key))) return undefined;
      const file = listed.get(key);
      return isCut(file)
        ? concatenated(
            files,
            cut(file).map((part) => part.key),
          )
        : files.stream(key);
    },
  };
}

async function* concatenated(files: MediaFiles, keys: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const key of keys) {
    const pieces = await files.stream(key);
    if (!pieces) throw await gone(files, key);
    yield* pieces;
  }
}

async function gone(files: MediaFiles, key: string): Promise<OtaError> {
  if (!(await files.stat(MEDIA_FILE))) return removed(files.url, key);
  return new OtaError('media-incomplete', `${key} is missing on the medium at ${files.url}`, {
    where: key,
    hint: 'It was cut short when it was copied: copy it again, or get another one.',
  });
}

const short = (files: MediaFiles, key: string, found: number, expected: number): OtaError =>
  new OtaError(
    'media-incomplete',
    `${key} has only ${found} of ${expected} bytes on the medium at ${files.url}`,
    {
      where: key,
      hint: 'It was cut short when it was copied: copy it again, or get another one.',
    },
  );

const removed = (where: string, key: string, cause?: unknown): OtaError =>
  new OtaError('media-removed', `the medium at ${where} cannot be read any more, at ${key}`, {
    where: key,
    hint: 'Plug it in again and run the same command again; where that does not help it is worn out: get another one.',
    ...(cause === undefined ? {} : { cause }),
  });

/** Gives what a stick that is pulled or fails answers with its own code. */
function mapped(physical: MediaFiles): MediaFiles {
  const at = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isRemoval(error) ? removed(physical.url, key, error) : error;
    }
  };
  return {
    url: physical.url,
    read: (key, maxBytes) => at(key, () => physical.read(key, maxBytes)),
    stat: (key) => at(key, () => physical.stat(key)),
    stream: async (key) => {
      const pieces = await at(key, () => physical.stream(key));
      return pieces && guarded(pieces, (error) => removed(physical.url, key, error));
    },
    list: (prefix) => guarded(physical.list(prefix), (error) => removed(physical.url, prefix, error)),
  };
}

async function* guarded<T>(
  items: AsyncIterable<T>,
  removal: (error: unknown) => OtaError,
): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw isRemoval(error) ? removal(error) : error;
  }
}

/** What reading from a device that is gone, or from a bad place of it, fails with. */
const REMOVAL: ReadonlySet<unknown> = new Set([
  'EIO',
  'ENODEV',
  'ENXIO',
  'ENOMEDIUM',
  'EREMOTEIO',
  'ESTALE',
  'ENOTCONN',
  'ETIMEDOUT',
]);

function isRemoval(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (REMOVAL.has((at as NodeJS.ErrnoException).code)) return true;
  }
  return false;
}
