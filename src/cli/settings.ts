import { isAbsolute, join } from 'node:path';
import { readReleaseFile } from '../bundle/release-file/read.ts';
import { isName, type Name } from '../core/names.ts';
import { readSmallFileIfPresent } from '../files/read.ts';
import { parseSignerUri, type SignerUri } from '../keys/signers/uri.ts';
import type { KeepPolicy } from '../publish/live.ts';

/** What `ota.yaml` in a folder says about keys, trust and publishing; the usual values where there is none. */
export interface Settings {
  readonly product?: Name;
  readonly keys: readonly SignerUri[];
  readonly trust: string;
  readonly store?: string;
  readonly publicUrl?: string;
  readonly channel: Name;
  readonly deltasFrom: number;
  /** Where deltas are kept: a folder or the URL of a store. */
  readonly deltaCache?: string;
  readonly keep: KeepPolicy;
}

const DEFAULTS: Settings = {
  keys: [],
  trust: 'trust',
  channel: usual('stable'),
  deltasFrom: 3,
  keep: { releases: 5, versions: [] },
};

/** What stands in the file is relative to it. */
const below = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path));

/** A path is relative to the file, a URL is none. */
const located = (folder: string, place: string): string =>
  /^[a-z][a-z0-9+.-]+:/i.test(place) ? place : below(folder, place);

/** @throws OtaError `release-file-invalid` */
export async function loadSettings(folder = '.'): Promise<Settings> {
  const path = join(folder, 'ota.yaml');
  const bytes = await readSmallFileIfPresent(path);
  if (!bytes) return { ...DEFAULTS, trust: below(folder, DEFAULTS.trust) };
  const {
    product,
    keys,
    trust,
    store,
    channel,
    deltas,
    keep,
    'public-url': publicUrl,
  } = readReleaseFile(bytes, path);
  return {
    product,
    keys: keys.map((key) => parseSignerUri(key, folder)),
    trust: below(folder, trust),
    channel,
    deltasFrom: deltas.from,
    ...(deltas.cache === undefined ? {} : { deltaCache: located(folder, deltas.cache) }),
    keep,
    ...(store === undefined ? {} : { store }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
  };
}

function usual(name: string): Name {
  if (isName(name)) return name;
  throw new TypeError(`${name} is not a name`);
}
