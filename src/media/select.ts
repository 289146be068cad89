import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import type { DeltaFormat } from '../core/delta-formats.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { VerifiedManifest } from '../device/begun.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import type { DeviceFile, Installed } from '../device/device-file.ts';
import { fullTarget } from '../device/fetch.ts';
import { installedAs } from '../device/install.ts';
import { checkRelease, componentsFor, isCurrent, slotOf } from '../device/plan.ts';
import { deltasFor } from '../device/steps.ts';
import { nextRelease } from '../device/way.ts';
import type { Channel } from '../repository/channel.ts';
import type { Target } from '../repository/lookup.ts';

/** A release that devices have. */
export interface Base {
  readonly manifest: Manifest;
  /** The version of the product's role that first listed it. */
  readonly sequence: number;
}

/** A payload or a delta that devices need. */
export interface Needed {
  readonly target: Target;
  readonly kind: 'payload' | 'delta';
  readonly component: Name;
  /** Not needed by a device that is in order: there because it was asked for. */
  readonly spare?: true;
}

export interface WayOptions {
  readonly repository: TrustedRepository;
  readonly channel: Channel;
  readonly hardware: Name;
  readonly base: Manifest;
  /** The release that the channel gives them. */
  readonly head: VerifiedManifest;
  readonly full: boolean;
  readonly formats?: readonly DeltaFormat[];
}

/**
 * What devices of one hardware with one release need to get to another, as the reference client goes: of each release that they install
 * on the way, every delta in their formats from the image that they have then, or the payload where there is none.
 *
 * @throws OtaError `update-unsafe`, `hardware-mismatch`, `counter-rollback` for devices that cannot get there
 */
export async function neededFrom(options: WayOptions): Promise<readonly Needed[]> {
  const { repository, channel, hardware, base, head } = options;
  const needed: Needed[] = [];
  let device = deviceWith(base, channel, hardware);
  checkRelease(device, head.manifest);
  for (;;) {
    const { manifest, toward } = await nextRelease(repository, device, channel, head);
    for (const component of componentsFor(manifest, hardware)) {
      const installed = device.components.get(component.name);
      const current = isCurrent(device, component);
      if (!current) needed.push(...(await neededFor(options, manifest, component, installed)));
      else if (options.full) needed.push(await spare(repository, manifest, component));
    }
    if (toward === undefined) return needed;
    device = deviceWith(manifest, channel, hardware);
  }
}

async function neededFor(
  { repository, full, formats }: WayOptions,
  manifest: Manifest,
  component: ManifestComponent,
  installed: Installed | undefined,
): Promise<readonly Needed[]> {
  const deltas =
    installed?.slot === slotOf(component)
      ? (await deltasFor(repository, manifest, component, installed, formats)).deltas
      : [];
  if (deltas.length === 0) return [await payload(repository, manifest, component)];
  return [
    ...deltas.map(({ target }) => ({ target, kind: 'delta' as const, component: component.name })),
    ...(full ? [await spare(repository, manifest, component)] : []),
  ];
}

/** Every payload of a release for one hardware. @throws OtaError as `fullTarget` */
export async function neededInFull(
  repository: TrustedRepository,
  manifest: Manifest,
  hardware: Name,
): Promise<readonly Needed[]> {
  const needed: Needed[] = [];
  for (const component of componentsFor(manifest, hardware))
    needed.push(await payload(repository, manifest, component));
  return needed;
}

const payload = async (
  repository: TrustedRepository,
  manifest: Manifest,
  component: ManifestComponent,
): Promise<Needed> => ({
  target: await fullTarget(repository, manifest, component),
  kind: 'payload',
  component: component.name,
});

const spare = async (...args: Parameters<typeof payload>): Promise<Needed> => ({
  ...(await payload(...args)),
  spare: true,
});

/** A device as the update to a release leaves it. */
function deviceWith(manifest: Manifest, channel: Channel, hardware: Name): DeviceFile {
  const components = componentsFor(manifest, hardware).map((component): [Name, Installed] => [
    component.name,
    installedAs(component),
  ]);
  return {
    product: manifest.product,
    hardware,
    channel: channel.channel,
    release: manifest.version,
    components: new Map(components),
  };
}

/**
 * The releases that a channel may give to a device from now on: the one that it gives out, unless it was recalled or its rollout stands, and the one
 * that it rolls out from, until all have the other.
 */
export function givenOut(channel: Channel, isDone: boolean): readonly Version[] {
  const { release, rollout } = channel;
  const head = release.recalled === undefined && rollout?.paused === undefined ? [release.version] : [];
  const before =
    rollout !== undefined && !(isDone && head.length > 0) && rollout.from.recalled === undefined
      ? [rollout.from.version]
      : [];
  return [...head, ...before];
}

/** @throws OtaError `hardware-mismatch` for hardware that no release of the product is for */
export function chosenHardware(
  product: Name,
  asked: readonly Name[] | undefined,
  heads: readonly Manifest[],
): readonly Name[] {
  const there = [...new Set(heads.flatMap(({ hardware }) => hardware))].sort();
  const unknown = asked?.filter((name) => !there.includes(name)) ?? [];
  if (unknown.length === 0) return asked === undefined ? there : [...new Set(asked)].sort();
  throw new OtaError('hardware-mismatch', `${product} is not for hardware ${unknown.join(', ')}`, {
    where: unknown.join(', '),
    hint: `What goes onto the medium is for ${there.join(', ')}.`,
  });
}
