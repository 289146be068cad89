import { MEDIA_FILE, PAGE_FILE, README_FILE } from '../layout.ts';

/** A file that a person chose. */
export interface Picked<F> {
  /** `/`-separated, from the folder that was chosen or dropped on; a bare name for a file that was chosen by itself. */
  readonly path: string;
  readonly file: F;
}

/** What was chosen, by what it is. */
export interface Sorted<F> {
  /** By key of an expected file: the file, or its parts in order. */
  readonly found: ReadonlyMap<string, readonly F[]>;
  /** Keys of files that lie in parts of which some are not there. */
  readonly torn: ReadonlySet<string>;
  /** Paths of files that the medium does not list and that no computer puts there by itself. */
  readonly unknown: readonly string[];
  /** The list of the medium, where it was chosen. */
  readonly list: F | undefined;
  /** Whether the whole medium was chosen: what is not there is missing, not just not chosen. */
  readonly whole: boolean;
  /** Whether what was chosen has a repository in it and no list: writing it was not finished. */
  readonly unfinished: boolean;
}

const PART = /^(.+)\.part-(\d{3})$/;
/** What computers leave on a stick. */
const LEFT_BY_COMPUTERS =
  /(?:^|\/)(?:\.DS_Store|\._[^/]*|\.Spotlight-V100|\.Trashes|\.Trash-\d+|\.fseventsd|\.TemporaryItems|Thumbs\.db|desktop\.ini|System Volume Information|\$RECYCLE\.BIN|lost\+found)(?:\/|$)/i;

/**
 * Finds what chosen files are on a medium. Of a folder with the list of the medium in it, by their place. Else by the end of their path,
 * since a person may choose a folder on the medium, or by name alone where that names one file only.
 *
 * @param keys of the files that are expected
 */
export function sortPicked<F>(picked: readonly Picked<F>[], keys: readonly string[]): Sorted<F> {
  const known = new Set(keys);
  const lists = picked.filter(({ path }) => LIST.test(path));
  const list = lists.length === 1 ? lists[0] : undefined;
  const top = list && list.path !== MEDIA_FILE ? list.path.slice(0, -MEDIA_FILE.length) : undefined;
  const byName = namesOf(keys);
  const keyOf = (path: string): string | undefined => {
    if (top === undefined) return known.has(path) ? path : (endOf(path, known) ?? byName.get(nameOf(path)));
    const key = path.startsWith(top) ? path.slice(top.length) : '';
    return known.has(key) ? key : undefined;
  };
  const found = new Map<string, F[]>();
  const parts = new Map<string, Map<number, F>>();
  const unknown: string[] = [];
  for (const { path, file } of picked) {
    const part = PART.exec(path);
    const key = keyOf(part?.[1] ?? path);
    if (key !== undefined && part)
      parts.set(key, (parts.get(key) ?? new Map<number, F>()).set(Number(part[2]), file));
    else if (key !== undefined) found.set(key, [file]);
    else if (!LEFT_BY_COMPUTERS.test(path) && !COMPANIONS.has(nameOf(path))) unknown.push(path);
  }
  const torn = new Set<string>();
  for (const [key, pieces] of parts) {
    if (found.has(key)) continue;
    const inOrder = Array.from({ length: Math.max(...pieces.keys()) + 1 }, (_, index) => pieces.get(index));
    const there = inOrder.filter((piece) => piece !== undefined);
    if (there.length < inOrder.length) torn.add(key);
    else found.set(key, there);
  }
  const whole = top !== undefined;
  const unfinished = !whole && picked.some(({ path }) => /^[^/]+\/metadata\/timestamp\.json$/.test(path));
  return { found, torn, unknown, list: list?.file, whole, unfinished };
}

const COMPANIONS: ReadonlySet<string> = new Set([MEDIA_FILE, PAGE_FILE, README_FILE]);
/** The list of a medium in the folder that was chosen, or by itself. */
const LIST = new RegExp(`^(?:[^/]*/)?${MEDIA_FILE.replace('.', '\\.')}$`);

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** By file name: the one key of that name, or none where several have it. */
function namesOf(keys: readonly string[]): ReadonlyMap<string, string | undefined> {
  const byName = new Map<string, string | undefined>();
  for (const key of keys) {
    const name = nameOf(key);
    byName.set(name, byName.has(name) ? undefined : key);
  }
  return byName;
}

function endOf(path: string, known: ReadonlySet<string>): string | undefined {
  const segments = path.split('/');
  return segments.map((_, at) => segments.slice(at).join('/')).find((end) => known.has(end));
}
