import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { SIGNATURES_BYTES } from '../bundle/signatures-region.ts';
import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { VerifiedManifest } from '../device/begun.ts';
import { channelOf } from '../device/choose.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { findPastRelease, openPastReleases, verifyPastRelease } from '../publish/past-releases.ts';
import { type PublishedRelease, releasesOf } from '../publish/releases.ts';
import { signaturesKey } from '../publish/signature-files.ts';
import type { Channel } from '../repository/channel.ts';
import { readContent } from '../repository/content.ts';
import {
  channelPath,
  channelsRole,
  extraPath,
  manifestPath,
  productRole,
  recallsPath,
  signaturesPath,
  targetKey,
} from '../repository/layout.ts';
import type { Metadata, Targets } from '../repository/model.ts';
import { isDone } from '../repository/rollout.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import type { MediaFor, MediaRelease } from './layout.ts';
import { notesIn } from './notes.ts';
import { type Base, chosenHardware, givenOut, type Needed, neededFrom, neededInFull } from './select.ts';
import { addRole, type Need, type SliceFiles, type SliceRequest } from './slice.ts';

export interface ProductOptions {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly now: Seconds;
  readonly progress: Progress;
}

export interface SlicedProduct {
  readonly role: Metadata<Targets>;
  readonly channels: Metadata<Targets>;
  readonly for: MediaFor;
  /** Releases that were named and are not older than what a channel gives out: nothing is on the medium for them. */
  readonly ahead: readonly { readonly channel: Name; readonly version: Version }[];
}

/** Gathers what the devices of one product need. */
export class ProductGatherer {
  readonly #options: ProductOptions;
  readonly #repository: TrustedRepository;
  readonly #files: SliceFiles;
  readonly #request: SliceRequest;
  readonly #manifests = new Map<Version, VerifiedManifest>();

  constructor(
    options: ProductOptions,
    repository: TrustedRepository,
    files: SliceFiles,
    request: SliceRequest,
  ) {
    this.#options = options;
    this.#repository = repository;
    this.#files = files;
    this.#request = request;
  }

  async run(): Promise<SlicedProduct> {
    const { product, from, full, formats } = this.#request;
    const role = await this.#repository.role(productRole(product));
    const channels = await this.#repository.role(channelsRole(product));
    addRole(this.#files, productRole(product), role, this.#repository, { product });
    addRole(this.#files, channelsRole(product), channels, this.#repository, { product });
    this.#addDocument(channels, recallsPath(product));
    const listed = releasesOf(role.signed);
    const bases = await this.#bases(listed);
    const served: { readonly channel: Channel; readonly heads: readonly VerifiedManifest[] }[] = [];
    const releases: MediaRelease[] = [];
    for (const name of this.#request.channels) {
      const channel = await channelOf(this.#repository, { product, channel: name });
      this.#addDocument(channels, channelPath(product, name));
      const given = givenOut(channel, isDone(channel, this.#options.now));
      if (given.length === 0) throw held(channel);
      const heads: VerifiedManifest[] = [];
      for (const version of given) heads.push(await this.#release(role, listed, version));
      for (const { version } of channel.through ?? []) await this.#release(role, listed, version);
      served.push({ channel, heads });
      releases.push(...given.map((version) => ({ channel: name, version })));
    }
    const hardware = chosenHardware(
      product,
      this.#request.hardware,
      served.flatMap(({ heads }) => heads.map(({ manifest }) => manifest)),
    );
    requireFor(bases, hardware);
    const ahead: { channel: Name; version: Version }[] = [];
    for (const { channel, heads } of served) {
      for (const head of heads) {
        const sequence = sequenceOf(listed, head.manifest.version);
        const later = bases.filter((base) => base.sequence > sequence);
        ahead.push(...later.map(({ manifest }) => ({ channel: channel.channel, version: manifest.version })));
        // A device that a rollout gives the earlier one first goes on from there by the same medium.
        const before = heads.filter(({ manifest }) => sequenceOf(listed, manifest.version) < sequence);
        const starts = bases.filter((base) => base.sequence <= sequence).map(({ manifest }) => manifest);
        if (bases.length > 0) starts.push(...before.map(({ manifest }) => manifest));
        await this.#reach(channel, head, starts, hardware);
      }
    }
    return {
      role,
      channels,
      for: {
        product,
        channels: this.#request.channels,
        hardware,
        from,
        full: full || from.length === 0,
        ...(formats === undefined ? {} : { formats }),
        releases,
      },
      ahead,
    };
  }

  /** Adds what leads to a release: from each of those that devices have, or from anything. */
  async #reach(
    channel: Channel,
    head: VerifiedManifest,
    starts: readonly Manifest[],
    hardware: readonly Name[],
  ): Promise<void> {
    const { product, full, formats, from } = this.#request;
    const repository = this.#repository;
    for (const id of hardware.filter((name) => head.manifest.hardware.includes(name))) {
      if (from.length === 0) {
        const through = (channel.through ?? []).flatMap(({ version }) => this.#manifests.get(version) ?? []);
        for (const { manifest: release } of [...through, head].filter(({ manifest }) =>
          manifest.hardware.includes(id),
        ))
          this.#addNeeded(await neededInFull(repository, release, id), { product, hardware: id });
        continue;
      }
      for (const base of starts) {
        if (!base.hardware.includes(id)) continue;
        const formatsOf = formats === undefined ? {} : { formats };
        const options = { repository, channel, hardware: id, base, head, full, ...formatsOf };
        this.#addNeeded(await neededFrom(options), { product, hardware: id, from: base.version });
      }
    }
  }

  #addNeeded(needed: readonly Needed[], need: Need): void {
    const consistent = this.#repository.root.signed.consistentSnapshot;
    for (const { target, kind, component, spare } of needed) {
      const { length, sha256 } = target;
      const key = targetKey(target.path, consistent ? sha256 : undefined);
      this.#files.add({ key, length, sha256, kind, component }, { ...need, ...(spare ? { spare } : {}) });
    }
  }

  /** The manifest of a release that the role lists, which goes onto the medium with its signatures. */
  async #release(
    role: Metadata<Targets>,
    listed: readonly PublishedRelease[],
    version: Version,
  ): Promise<VerifiedManifest> {
    const { product } = this.#request;
    const known = this.#manifests.get(version);
    if (known) return known;
    const release = listed.find((item) => item.version === version);
    if (!release) {
      throw new OtaError(
        'target-missing',
        `a channel of ${product} names ${version}, and the role does not list it`,
        {
          where: manifestPath(product, version),
          hint: 'The channel key signed what the release keys did not: have the channel published again.',
        },
      );
    }
    const manifest = await manifestOf(this.#repository, release);
    this.#manifests.set(version, manifest);
    this.#addDocument(role, manifestPath(product, version));
    for (const { name } of notesIn(manifest.manifest))
      this.#addDocument(role, extraPath(product, version, name));
    const path = signaturesPath(product, version);
    if (role.signed.targets.has(path)) this.#addDocument(role, path);
    else
      await this.#addUnlisted(signaturesKey({ product, version, manifestSha256: release.manifest.sha256 }));
    return manifest;
  }

  #addDocument({ signed }: Metadata<Targets>, path: string): void {
    const file = signed.targets.get(path);
    if (!file) return;
    const { length, sha256 } = file;
    const consistent = this.#repository.root.signed.consistentSnapshot;
    const key = targetKey(path, consistent ? sha256 : undefined);
    this.#files.add({ key, length, sha256, kind: 'document' }, { product: this.#request.product });
  }

  /** Signatures that no role lists vouch for themselves; a device does without. */
  async #addUnlisted(key: string): Promise<void> {
    const found = await this.#options.store.read(key, SIGNATURES_BYTES);
    if (!found) return;
    const { length, sha256 } = seal(found.bytes);
    this.#files.add({ key, length, sha256, kind: 'document' }, { product: this.#request.product });
  }

  /** What devices have by the releases that were named, live or archived. */
  async #bases(listed: readonly PublishedRelease[]): Promise<readonly Base[]> {
    const { store, trust, progress } = this.#options;
    const { product, from } = this.#request;
    const bases: Base[] = [];
    for (const version of from) {
      const live = listed.find((release) => release.version === version);
      if (live) {
        const { manifest } = await manifestOf(this.#repository, live);
        bases.push({ manifest, sequence: live.sequence });
        continue;
      }
      const past = await openPastReleases(store, trust, product);
      const verified = await verifyPastRelease(past, await findPastRelease(past, version), progress);
      bases.push({ manifest: verified.manifest, sequence: verified.release.sequence });
    }
    return bases;
  }
}

/** @throws OtaError as `TrustedRepository.read`; `target-invalid` */
async function manifestOf(
  repository: TrustedRepository,
  { product, version, manifest: file }: PublishedRelease,
): Promise<VerifiedManifest> {
  const path = manifestPath(product, version);
  const sealed = seal(await repository.read({ path, ...file, role: product }));
  return { manifest: readContent(path, () => parseManifest(sealed.bytes, path)), sealed };
}

const sequenceOf = (listed: readonly PublishedRelease[], version: Version): number =>
  listed.find((release) => release.version === version)?.sequence ?? 0;

/** @throws OtaError `hardware-mismatch` */
function requireFor(bases: readonly Base[], hardware: readonly Name[]): void {
  const foreign = bases.find(({ manifest }) => !manifest.hardware.some((name) => hardware.includes(name)));
  if (!foreign) return;
  const { product, version, hardware: only } = foreign.manifest;
  throw new OtaError(
    'hardware-mismatch',
    `${product} ${version} was not for hardware ${hardware.join(', ')}`,
    {
      where: `${product} ${version}`,
      hint: `It was for ${only.join(', ')}: leave it out of --from, or name that hardware.`,
    },
  );
}

const held = ({ product, channel, release }: Channel): OtaError =>
  new OtaError(
    'channel-held',
    `channel ${channel} gives out nothing: ${product} ${release.version} ${
      release.recalled ? `was recalled: ${release.recalled.reason}` : 'stands in its rollout'
    }`,
    {
      where: channelPath(product, channel),
      hint: 'Make the medium when another release is promoted or the rollout goes on, or name another channel.',
    },
  );
