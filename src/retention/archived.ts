import { MAX_MANIFEST_BYTES } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { seal } from '../core/digest.ts';
import type { Name, Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { findArchived } from '../publish/archive.ts';
import type { ArchivedRelease } from '../repository/archive.ts';
import { extraPath, manifestPath, payloadPath, targetKey } from '../repository/layout.ts';
import type { Listed, Store } from '../storage/store.ts';
import { isDelta, type Kind, targetOf, type Verdict } from './judge.ts';
import type { Reach } from './reach.ts';

/**
 * Judges the objects in the folder of a release that is archived: its bundle is kept until it is retired, deltas to it are not, and
 * where two objects have the same name its manifest says which is meant.
 *
 * @returns `undefined` where the release is not archived
 */
export async function judgeArchived(
  objects: readonly Listed[],
  { product, version }: { readonly product: Name; readonly version: Version },
  options: { readonly store: Store; readonly reach: Reach; readonly hold: Seconds; readonly now: Seconds },
): Promise<((object: Listed) => Verdict) | undefined> {
  const { store, reach, hold, now } = options;
  const archive = reach.products.get(product)?.archive;
  const release = archive && (await findArchived(archive, version));
  // The folder has the letters of the release; another one in other letters is none of it.
  if (!release || release.version !== version) return undefined;
  const retired = release.retired !== undefined && release.retired + hold <= now;
  const listed = retired ? undefined : await listedIn(objects, product, release, store);
  return ({ key, modified }) => {
    if (reach.present.has(key) || reach.earlier.has(key)) return { is: 'kept' };
    const target = targetOf(key);
    if (!target) return { is: 'foreign' };
    const unreached = (kind: Kind): Verdict => ({ is: 'unreached', kind, from: modified + hold });
    if (isDelta(target.name)) return unreached('delta');
    if (isRecord(target, release)) return { is: 'kept' };
    if (retired) return unreached('retired');
    return listed && !listed.has(key) ? unreached('leftover') : { is: 'kept' };
  };
}

/** What tells what a release was: kept for good, some kilobytes. */
const isRecord = (
  { name, sha256 }: { readonly name: string; readonly sha256: string },
  { manifest, signatures }: ArchivedRelease,
): boolean =>
  (name === 'manifest.json' && sha256 === manifest.sha256) ||
  (name === 'signatures.json' && (sha256 === signatures.sha256 || sha256 === manifest.sha256));

/** The keys of a release's payloads and extras, where the names alone do not tell; asked for in that case only. */
async function listedIn(
  objects: readonly Listed[],
  product: Name,
  release: ArchivedRelease,
  store: Store,
): Promise<ReadonlySet<string> | undefined> {
  const seen = new Set<string>();
  let ambiguous = false;
  for (const { key } of objects) {
    const target = targetOf(key);
    if (!target || isDelta(target.name) || isRecord(target, release)) continue;
    ambiguous ||= seen.has(target.name) || /^(?:manifest|signatures)\.json$/.test(target.name);
    seen.add(target.name);
  }
  if (!ambiguous) return undefined;
  const path = manifestPath(product, release.version);
  const found = await store.read(targetKey(path, release.manifest.sha256), MAX_MANIFEST_BYTES);
  // Without a manifest that can be believed, all of it is kept.
  if (!found || seal(found.bytes).sha256 !== release.manifest.sha256) return undefined;
  const { components, extras } = parseManifest(found.bytes, path);
  return new Set([
    ...components.map(({ name, payload }) =>
      targetKey(payloadPath(product, release.version, name), payload.sha256),
    ),
    ...extras.map(({ name, sha256 }) => targetKey(extraPath(product, release.version, name), sha256)),
  ]);
}
