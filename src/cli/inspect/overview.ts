import { join } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import { listFolder, readSmallFile, readSmallFileIfPresent } from '../../files/read.ts';
import { parseChannel } from '../../repository/channel.ts';
import { targetKey } from '../../repository/layout.ts';
import type { Metadata, Root, Targets } from '../../repository/model.ts';
import { parseSnapshot, parseTimestamp } from '../../repository/parse-meta.ts';
import { parseRoot } from '../../repository/parse-root.ts';
import { parseTargets } from '../../repository/parse-targets.ts';
import { directoryStore } from '../../storage/directory.ts';
import { type Authority, authorityOf, roleOfFile } from './authority.ts';

export interface OverviewRole {
  readonly role: string;
  readonly file: string;
  readonly version: number;
  readonly expires: Seconds;
  /** Keyids that claim to have signed. */
  readonly claimed: readonly string[];
  /** Where the delegator is in the same folder. */
  readonly threshold?: number;
  readonly keys?: readonly string[];
}

/** What a folder of metadata says, as it stands: the newest file of each role. */
export interface Overview {
  readonly roles: readonly OverviewRole[];
  readonly products: readonly {
    readonly product: string;
    readonly releases: readonly string[];
    readonly channels: readonly { readonly channel: string; readonly release?: string }[];
  }[];
  /** Of a whole store. */
  readonly objects?: number;
  readonly bytes?: number;
  readonly unreadable: readonly { readonly name: string; readonly problem: string }[];
}

type Common = Metadata<{ readonly version: number; readonly expires: Seconds }>;

const FIRST = ['root', 'targets'];
const LAST = ['snapshot', 'timestamp'];

/**
 * Reads the newest file of each role in a folder, and in a whole store what its channels give out.
 *
 * @param store the folder of the store that the metadata is in
 */
export async function readOverview(metadata: string, store: string | undefined): Promise<Overview> {
  const unreadable: { name: string; problem: string }[] = [];
  const roles: OverviewRole[] = [];
  const targets = new Map<string, Targets>();
  for (const [role, name] of newestFiles(await listFolder(metadata))) {
    const path = join(metadata, name);
    try {
      const parsed = parse(role, await readSmallFile(path), path);
      const authority = await authorityOf(role, path, undefined);
      roles.push(overviewRole(role, name, parsed, authority));
      if (!FIRST.slice(0, 1).includes(role) && !LAST.includes(role))
        targets.set(role, parsed.signed as Targets);
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      unreadable.push({ name, problem: error.message });
    }
  }
  const size = store === undefined ? {} : await sizeOf(store);
  return { roles: roles.toSorted(byRank), products: await productsOf(targets, store), ...size, unreadable };
}

/** The newest file of each role: roots and others carry their version in the name, the timestamp does not. */
function newestFiles(names: readonly string[]): ReadonlyMap<string, string> {
  const version = (name: string) => Number(/^\d+/.exec(name)?.[0] ?? 0);
  const newest = new Map<string, string>();
  for (const name of names) {
    const role = roleOfFile(name);
    const known = role === undefined ? undefined : newest.get(role);
    if (role !== undefined && (known === undefined || version(name) > version(known))) newest.set(role, name);
  }
  return newest;
}

function parse(role: string, bytes: Uint8Array, path: string): Common {
  if (role === 'root') return parseRoot(bytes, path) satisfies Metadata<Root>;
  if (role === 'snapshot') return parseSnapshot(bytes, path);
  return role === 'timestamp' ? parseTimestamp(bytes, path) : parseTargets(bytes, path);
}

function overviewRole(
  role: string,
  file: string,
  metadata: Common,
  authority: Authority | undefined,
): OverviewRole {
  const keyids = metadata.signatures.map(({ keyid }) => keyid);
  return {
    role,
    file,
    version: metadata.signed.version,
    expires: metadata.signed.expires,
    claimed: authority ? keyids.filter((keyid) => authority.keys.has(keyid)) : keyids,
    ...(authority ? { threshold: authority.threshold, keys: [...authority.keys.keys()] } : {}),
  };
}

/** Root and targets first, what is renewed by a machine last, the rest by name. */
const rank = (role: string): number => {
  if (FIRST.includes(role)) return FIRST.indexOf(role) - 2;
  return LAST.includes(role) ? LAST.indexOf(role) + 1 : 0;
};
const byRank = (a: OverviewRole, b: OverviewRole): number => {
  const difference = rank(a.role) - rank(b.role);
  if (difference !== 0) return difference;
  return a.role < b.role ? -1 : 1;
};

async function productsOf(
  targets: ReadonlyMap<string, Targets>,
  store: string | undefined,
): Promise<Overview['products']> {
  const delegated = targets.get('targets')?.delegations?.roles.map(({ name }) => name) ?? [];
  return Promise.all(
    delegated.map(async (product) => ({
      product,
      releases: [...(targets.get(product)?.targets.keys() ?? [])].flatMap((path) => {
        const match = /^([^/]+)\/([^/]+)\/manifest\.json$/.exec(path);
        return match?.[1] === product ? [match[2] ?? ''] : [];
      }),
      channels: await channelsOf(product, targets.get(`${product}.channels`), store),
    })),
  );
}

async function channelsOf(product: string, role: Targets | undefined, store: string | undefined) {
  const channels: { channel: string; release?: string }[] = [];
  for (const [path, { sha256 }] of role?.targets ?? []) {
    const channel = new RegExp(`^${product}/channels/([^/]+)\\.json$`).exec(path)?.[1];
    if (channel === undefined) continue;
    const release = store === undefined ? undefined : await releaseOf(join(store, targetKey(path, sha256)));
    channels.push({ channel, ...(release === undefined ? {} : { release }) });
  }
  return channels;
}

async function releaseOf(path: string): Promise<string | undefined> {
  try {
    const bytes = await readSmallFileIfPresent(path);
    return bytes && parseChannel(bytes, path).release.version;
  } catch (error) {
    if (error instanceof OtaError) return undefined;
    throw error;
  }
}

async function sizeOf(store: string): Promise<{ readonly objects: number; readonly bytes: number }> {
  let objects = 0;
  let bytes = 0;
  for await (const { length } of directoryStore(store).list('')) {
    objects += 1;
    bytes += length;
  }
  return { objects, bytes };
}
