import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { unitsFor } from '../bundle/transition/obstacle.ts';
import type { DeltaFormat } from '../core/delta-formats.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { ChannelRelease } from '../repository/channel.ts';
import { readContent } from '../repository/content.ts';
import { manifestPath } from '../repository/layout.ts';
import { givenTo } from '../repository/rollout.ts';
import type { ReadStore } from '../storage/store.ts';
import { chosenRelease } from './choose.ts';
import { refresh } from './client/refresh.ts';
import type { TrustedRepository } from './client/repository.ts';
import { memoryState } from './client/state.ts';
import type { DeviceFile, Installed } from './device-file.ts';
import { listedFiles } from './files.ts';
import { installedAs } from './install.ts';
import { checkRelease, componentsFor, type FullReason, type Step } from './plan.ts';
import { planSteps } from './steps.ts';
import { nextRelease } from './way.ts';

export interface PreviewedDevice {
  readonly product: Name;
  readonly hardware: Name;
  readonly channel: Name;
  /** Its id, which rollouts go by; without one it is the last to be given a release. */
  readonly id?: string;
  /** The formats of deltas that it reads; all where none are given. */
  readonly formats?: readonly DeltaFormat[];
  /** The release that the device has; a new device has none. */
  readonly from?: Version;
  readonly now: Seconds;
}

export interface PreviewOptions extends PreviewedDevice {
  readonly store: ReadStore;
  /** The root that the device was made with. */
  readonly rootBytes: Uint8Array;
  readonly progress: Progress;
}

export interface PreviewStep {
  readonly component: Name;
  readonly action: Step['action'];
  /** Why the full payload and no delta. */
  readonly reason?: FullReason;
  readonly from?: Version;
  readonly to: Version;
  /** Bytes to download, and the target path that they come from; absent where nothing is. */
  readonly bytes: number;
  readonly target?: string;
  readonly imageBytes: number;
}

export interface Preview {
  readonly product: Name;
  readonly hardware: Name;
  readonly channel: Name;
  readonly from?: Version;
  readonly to: Version;
  readonly changed: boolean;
  /** In the order of installing. */
  readonly components: readonly PreviewStep[];
  readonly downloadBytes: number;
  /** How often the device restarts between the steps or at their end; absent where it need not. */
  readonly reboots?: number;
  /** The release that it is on the way to, where `to` has to be passed through. */
  readonly toward?: Version;
  /** The release that was recalled, where the device would stay as it is because of that. */
  readonly held?: ChannelRelease;
}

/**
 * What a device would do with a repository: its trust, its choice and its plan, without a device and without downloading a
 * payload. Each check is the one that an update makes.
 *
 * @throws OtaError what `updateDevice` would refuse with
 */
export async function previewUpdate(options: PreviewOptions): Promise<Preview> {
  const { store, rootBytes, now, progress } = options;
  return previewIn(await refresh({ store, state: memoryState(rootBytes), now, progress }), options);
}

/** As `previewUpdate`, with a repository that was verified already: for many devices that trust the same. */
export async function previewIn(repository: TrustedRepository, options: PreviewedDevice): Promise<Preview> {
  const { now, product, hardware, channel, id, from, formats } = options;
  const blank: DeviceFile = {
    product,
    hardware,
    channel,
    ...(id === undefined ? {} : { id }),
    ...(formats === undefined ? {} : { formats }),
    components: new Map(),
  };
  const device = from === undefined ? blank : await deviceAt(repository, blank, from);
  const chosen = await chosenRelease(repository, device, (channel, its) => givenTo(channel, its, now));
  if (!('manifest' in chosen)) {
    const stays = from as Version;
    const nothing = { to: stays, changed: false, components: [], downloadBytes: 0 };
    return { product, hardware, channel, from: stays, ...nothing, held: chosen.held };
  }
  const { manifest, toward } = await nextRelease(repository, device, chosen.channel, chosen);
  const files = listedFiles(repository, device, manifest);
  const steps = await planSteps({ files, device, manifest, holds: async () => true });
  const components = steps.map(previewStep);
  const reboots = rebootsOf(manifest, hardware, steps);
  return {
    product,
    hardware,
    channel,
    ...(from === undefined ? {} : { from }),
    to: manifest.version,
    ...(toward === undefined ? {} : { toward }),
    changed: components.some(({ action }) => action !== 'keep') || from !== manifest.version,
    components,
    downloadBytes: components.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(reboots === 0 ? {} : { reboots }),
  };
}

/** The steps after which a device restarts: those that write what asks for it. */
function rebootsOf(manifest: Manifest, hardware: Name, steps: readonly Step[]): number {
  const asking = new Set(
    steps.flatMap(({ action, component }) => (action !== 'keep' && component.reboot ? [component.name] : [])),
  );
  return unitsFor(manifest, hardware).filter(({ names }) => names.some((name) => asking.has(name))).length;
}

/** The device as an update to a published release leaves it. */
async function deviceAt(
  repository: TrustedRepository,
  blank: DeviceFile,
  release: Version,
): Promise<DeviceFile> {
  const path = manifestPath(blank.product, release);
  const bytes = await repository.read(await repository.get(path));
  const manifest: Manifest = readContent(path, () => parseManifest(bytes, path));
  checkRelease(blank, manifest);
  const components = componentsFor(manifest, blank.hardware).map((component): [Name, Installed] => {
    return [component.name, installedAs(component)];
  });
  return { ...blank, release, components: new Map(components) };
}

function previewStep(step: Step): PreviewStep {
  const { component, action, installed } = step;
  return {
    component: component.name,
    action,
    ...(step.action === 'full' ? { reason: step.reason } : {}),
    ...(installed === undefined ? {} : { from: installed.version }),
    to: component.version,
    bytes: step.action === 'keep' ? 0 : step.target.length,
    ...(step.action === 'keep' ? {} : { target: step.target.path }),
    imageBytes: component.image.length,
  };
}
