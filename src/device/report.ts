import type { Manifest } from '../bundle/manifest.ts';
import type { Code } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { ChannelRelease } from '../repository/channel.ts';
import type { DeviceFile } from './device-file.ts';
import type { Download } from './fetch.ts';
import type { MediumReport } from './medium.ts';
import type { Step } from './plan.ts';

export interface ComponentReport {
  readonly component: Name;
  readonly action: Step['action'];
  readonly from?: Version;
  readonly to: Version;
  /** Why its full payload was taken after its delta had failed. */
  readonly fellBack?: Code;
  /** Bytes downloaded for it. */
  readonly bytes: number;
  /** Bytes of the image that now stands in the slot. */
  readonly imageBytes: number;
}

/** The device has to restart now: nothing else is installed before. */
export interface RebootRequired {
  /** The components that ask for it. */
  readonly after: readonly Name[];
  /** Those that are installed afterwards. */
  readonly left: readonly Name[];
}

export interface UpdateReport {
  readonly product: Name;
  readonly hardware: Name;
  readonly channel: Name;
  readonly from?: Version;
  readonly to: Version;
  readonly changed: boolean;
  /** In the order of installing. */
  readonly components: readonly ComponentReport[];
  readonly downloadedBytes: number;
  /** The releases that were installed on the way. */
  readonly passed?: readonly Version[];
  /** The release that it is on the way to, where `to` is passed through. */
  readonly toward?: Version;
  /** The release that was recalled, where the device stays as it is because of that, or has it. */
  readonly held?: ChannelRelease;
  readonly rebootRequired?: RebootRequired;
  /** Of an update from a medium. */
  readonly medium?: MediumReport;
  /** Restarts that were played on the way. */
  readonly reboots?: number;
  /** Why the store could not be read: what had begun was ended from what the device had downloaded. */
  readonly unreached?: Code;
}

/** What came of installing a release, or of installing it up to a restart. */
export function reportOf(
  device: DeviceFile,
  manifest: Manifest,
  steps: readonly Step[],
  downloads: ReadonlyMap<Name, Download>,
  from: Version | undefined,
): UpdateReport {
  const components = steps.map(({ component, action, installed }): ComponentReport => {
    const download = downloads.get(component.name);
    return {
      component: component.name,
      action: download?.action ?? action,
      ...(installed === undefined ? {} : { from: installed.version }),
      to: component.version,
      ...(download?.fellBack === undefined ? {} : { fellBack: download.fellBack }),
      bytes: download?.bytes ?? 0,
      imageBytes: component.image.length,
    };
  });
  return {
    product: device.product,
    hardware: device.hardware,
    channel: device.channel,
    ...(from === undefined ? {} : { from }),
    to: manifest.version,
    changed: components.some(({ action }) => action !== 'keep') || from !== manifest.version,
    components,
    downloadedBytes: components.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** What came of an update that was gone on with: by way of another release, or after a restart. */
export function joined(first: UpdateReport, last: UpdateReport): UpdateReport {
  const { from: _, ...rest } = last;
  const isPassed = first.to !== last.to && !first.rebootRequired?.left.length;
  const earlier = new Map(first.to === last.to ? first.components.map((item) => [item.component, item]) : []);
  const passed = [...(first.passed ?? []), ...(isPassed ? [first.to] : []), ...(last.passed ?? [])];
  return {
    ...rest,
    ...(first.from === undefined ? {} : { from: first.from }),
    ...(passed.length === 0 ? {} : { passed }),
    changed: first.changed || last.changed,
    components: last.components.map((item) => both(earlier.get(item.component), item)),
    downloadedBytes: first.downloadedBytes + last.downloadedBytes,
  };
}

/** What was downloaded before a restart is installed after it, or was before it and is kept now. */
function both(before: ComponentReport | undefined, after: ComponentReport): ComponentReport {
  if (!before) return after;
  const bytes = before.bytes + after.bytes;
  return after.action === 'keep' ? { ...before, bytes } : { ...after, bytes };
}
