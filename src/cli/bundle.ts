import { dirname, join } from 'node:path';
import { type BundledBase, bundleName, type CreatedBundle, createBundle } from '../bundle/create.ts';
import { withOpenBundle } from '../bundle/files.ts';
import type { Rule } from '../bundle/lint/lint.ts';
import { reissued, unpackBundle } from '../bundle/reissue.ts';
import type { ReleaseContent } from '../bundle/release-file/model.ts';
import { readReleaseFile } from '../bundle/release-file/read.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { readSmallFile } from '../files/read.ts';
import { withScratchFolder } from '../files/write.ts';
import type { Published } from '../publish/field.ts';
import { checkCounters, componentOf } from '../publish/releases.ts';
import type { StoreOptions } from '../storage/open.ts';
import { basesOf } from './bases.ts';
import { type Compared, lookAtStore } from './published.ts';
import { loadSettings, type Settings } from './settings.ts';

export interface BundleOptions {
  readonly file: string;
  /** Bundles of releases that devices may come from. */
  readonly from: readonly string[];
  /** Where to look for what is published; the settings' where it is left out. */
  readonly store: string | undefined;
  readonly storeOptions: StoreOptions;
  readonly trust: string | undefined;
  /** Whether no store is looked at. */
  readonly offline: boolean;
  readonly output: string | undefined;
  readonly force: boolean;
  readonly allow: readonly Rule[];
  readonly sourceDateEpoch: Seconds | undefined;
  readonly progress: Progress;
}

/** A new bundle, and what it was compared with. */
export type BundleReport = CreatedBundle & ({ readonly store: string } | { readonly storeSkipped: string });

/**
 * Bundles what a release file names, in an order that is safe from every release that is published.
 *
 * @throws OtaError as `createBundle`, `checkCounters`, `lookAtStore` and `basesOf`
 */
export async function bundleReleaseFile(options: BundleOptions): Promise<BundleReport> {
  const { file } = options;
  const content = readReleaseFile(await readSmallFile(file), file);
  const folder = dirname(file);
  const compared = await compare(options, await loadSettings(folder), content.product);
  return create(options, { content, folder, compared, allow: options.allow });
}

/**
 * Bundles an earlier release under a new version, with counters that devices accept.
 *
 * @param bundle path of the earlier release's bundle
 * @throws OtaError as `bundleReleaseFile` and `unpackBundle`
 */
export const reissueBundle = (
  options: BundleOptions,
  bundle: string,
  version: Version,
): Promise<BundleReport> =>
  withOpenBundle(bundle, (opened) =>
    withScratchFolder(async (folder) => {
      const { manifest } = opened;
      const compared = await compare(options, await loadSettings(dirname(options.file)), manifest.product);
      const published = 'skipped' in compared ? undefined : compared.published;
      const content = reissued(manifest, version, highestCounters(published, manifest.components));
      await unpackBundle(opened, folder, options.progress);
      // That versions go back is what was asked for.
      return create(options, { content, folder, compared, allow: [...options.allow, 'version-back'] });
    }),
  );

async function compare(options: BundleOptions, settings: Settings, product: Name): Promise<Compared> {
  if (options.offline) return { skipped: '--offline was given' };
  return lookAtStore({
    location: options.store ?? settings.store,
    storeOptions: options.storeOptions,
    trust: options.trust ?? settings.trust,
    product,
  });
}

async function create(
  options: BundleOptions,
  release: {
    readonly content: ReleaseContent;
    readonly folder: string;
    readonly compared: Compared;
    readonly allow: readonly Rule[];
  },
): Promise<BundleReport> {
  const { content, folder, compared, allow } = release;
  const published = 'skipped' in compared ? undefined : compared.published;
  const { sourceDateEpoch, progress, force } = options;
  const created = await createBundle({
    content,
    folder,
    bases: [
      ...(await basesOf(options.from, content.product)),
      ...basesIn(published).filter(({ label }) => label !== content.version),
    ],
    check: () => {
      if (!published) return;
      const releases = published.field.map((one) => one.release).toReversed();
      checkCounters(published.role, content.components, releases, published.archived);
    },
    allow: new Set(allow),
    output: options.output ?? join('.', bundleName(content)),
    progress,
    force,
    ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }),
  });
  return {
    ...created,
    ...('skipped' in compared ? { storeSkipped: compared.skipped } : { store: compared.store }),
  };
}

const basesIn = (published: Published | undefined): readonly BundledBase[] =>
  (published?.field ?? []).map(({ label, parts }) => ({ label, parts }));

/** The highest counter of each component in any release that was ever published. */
function highestCounters(
  published: Published | undefined,
  components: readonly { readonly name: Name }[],
): ReadonlyMap<Name, number> {
  if (!published) return new Map();
  const { role, field, archived } = published;
  return new Map(
    components.map(({ name }) => {
      const listed = field.map(({ release }) => componentOf(role, release, name)?.counter ?? 0);
      return [name, Math.max(0, archived.get(name)?.counter ?? 0, ...listed)];
    }),
  );
}
