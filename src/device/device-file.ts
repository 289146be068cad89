import { isRange } from '../bundle/range.ts';
import { DELTA_FORMATS, type DeltaFormat } from '../core/delta-formats.ts';
import { type Digest, isSha256 } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';

/** A component that stands in its slot. */
export interface Installed {
  readonly version: Version;
  readonly counter: number;
  readonly image: Digest;
  readonly slot: Name;
  /** What it offers to the others and needs of them, by its manifest: the device proves with it what may be installed over it. */
  readonly provides: Readonly<Record<Name, Version>>;
  readonly requires: Readonly<Record<Name, string>>;
}

/** A component whose slot is being switched to a new image; with `reboot`, the device has to restart then. */
export type Installing = { readonly component: Name; readonly reboot?: true } & Installed;

/** A checked file in the cache that leads to a component's image. */
export type FetchedFile = { readonly action: 'delta' | 'full'; readonly path: string } & Digest;

/** A release on its way into the slots, with all that it takes to end it where the repository no longer lists it. */
export interface Updating {
  readonly version: Version;
  /** The very manifest that was verified before the first slot was written. It stands in the cache. */
  readonly manifest: Digest;
  readonly files: ReadonlyMap<Name, FetchedFile>;
}

/** A restart that the device owes: nothing is installed before it. */
export interface Restart {
  /** The components that ask for it. */
  readonly after: readonly Name[];
  /** The start of the device that has to end. */
  readonly boot: string;
}

/** What a device knows of itself: what it is, which channel it follows, and what it has installed. */
export interface DeviceFile {
  readonly product: Name;
  readonly hardware: Name;
  readonly channel: Name;
  /** By which rollouts know it apart from others of its kind. */
  readonly id?: string;
  /** The formats of deltas that it reads; all that this client knows where it does not say. */
  readonly formats?: readonly DeltaFormat[];
  /** Bytes of its slots, where its maker says so: a larger image is refused before anything is written. */
  readonly slots?: ReadonlyMap<Name, number>;
  /** Its maker says that its clock is to be trusted; absent where it has none, or one that may say anything. */
  readonly clock?: 'trusted';
  /** The highest media counter that it has accepted; absent for 0. */
  readonly mediaCounter?: number;
  /** The release whose components all stand; absent until one does. */
  readonly release?: Version;
  /** The place of `updating`, else of `release`, in the order in which the product's releases were made. */
  readonly sequence?: number;
  /** The release whose components are being installed: from the first slot that is written until all stand. */
  readonly updating?: Updating;
  readonly components: ReadonlyMap<Name, Installed>;
  /** The components of one step, whose images stand beside their slots and are switched to now: a power cut does not undo that. */
  readonly installing?: readonly Installing[];
  readonly restart?: Restart;
}

/** What a device's id may be. */
export const isDeviceId = (text: string): text is string => /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(text);
export const DEVICE_ID = 'up to 128 of A-Z, a-z, 0-9, ".", "_", ":" and "-", starting with a letter or digit';

const TYPE = 'ota-device';
const FORMAT = 1;

export const encodeDeviceFile = (device: DeviceFile): Uint8Array =>
  printJson({
    _type: TYPE,
    format: FORMAT,
    product: device.product,
    hardware: device.hardware,
    channel: device.channel,
    ...(device.id === undefined ? {} : { id: device.id }),
    ...(device.formats === undefined ? {} : { formats: device.formats }),
    ...(device.slots === undefined ? {} : { slots: Object.fromEntries(device.slots) }),
    components: Object.fromEntries(
      [...device.components].map(([name, item]) => [name, installedObject(item)]),
    ),
    ...(device.clock === undefined ? {} : { clock: device.clock }),
    ...(device.mediaCounter === undefined ? {} : { mediaCounter: device.mediaCounter }),
    ...(device.release === undefined ? {} : { release: device.release }),
    ...(device.sequence === undefined ? {} : { sequence: device.sequence }),
    ...(device.updating === undefined ? {} : { updating: updatingObject(device.updating) }),
    ...(device.installing === undefined
      ? {}
      : {
          installing: device.installing.map(({ component, reboot, ...item }) => ({
            component,
            ...installedObject(item),
            ...(reboot === undefined ? {} : { reboot }),
          })),
        }),
    ...(device.restart === undefined
      ? {}
      : { restart: { after: device.restart.after, boot: device.restart.boot } }),
  });

/** @throws OtaError `json-invalid`, `shape-invalid` */
export function parseDeviceFile(bytes: Uint8Array, where: string): DeviceFile {
  const at = new Cursor(parseJson(bytes, where), where);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const release = at.optional('release')?.match(isVersion, 'a version');
  const begun = at.optional('updating');
  const restart = at.optional('restart');
  const installing = at.optional('installing');
  const after = restart?.field('after');
  for (const list of [installing, after]) if (list?.array(1000).length === 0) list.fail('has no entries');
  const id = at.optional('id')?.match(isDeviceId, DEVICE_ID);
  const formats = at
    .optional('formats')
    ?.array(DELTA_FORMATS.length)
    .map((item) => item.oneOf(DELTA_FORMATS));
  const slots = at.optional('slots');
  const clock = at.optional('clock')?.oneOf(['trusted'] as const);
  const mediaCounter = at.optional('mediaCounter')?.integer();
  const sequence = at.optional('sequence')?.integer(1);
  return {
    product: name(at.field('product')),
    hardware: name(at.field('hardware')),
    channel: name(at.field('channel')),
    ...(id === undefined ? {} : { id }),
    ...(formats === undefined ? {} : { formats }),
    ...(slots === undefined
      ? {}
      : { slots: new Map(slots.entries().map(([key, item]) => [checkedName(key, item), item.integer(1)])) }),
    components: new Map(
      at
        .field('components')
        .entries()
        .map(([key, item]) => [checkedName(key, item), installed(item)]),
    ),
    ...(clock === undefined ? {} : { clock }),
    ...(mediaCounter === undefined ? {} : { mediaCounter }),
    ...(release === undefined ? {} : { release }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(begun === undefined ? {} : { updating: updating(begun) }),
    ...(installing === undefined
      ? {}
      : {
          installing: installing.array(1000).map((item) => ({
            component: name(item.field('component')),
            ...installed(item),
            ...(item.optional('reboot')?.boolean() ? { reboot: true } : {}),
          })),
        }),
    ...(restart === undefined || after === undefined
      ? {}
      : {
          restart: {
            after: after.array(1000).map(name),
            boot: restart.field('boot').match((text): text is string => text.length > 0, 'not empty'),
          },
        }),
  };
}

const installedObject = ({ version, counter, image, slot, provides, requires }: Installed): JsonObject => ({
  version,
  counter,
  image: digestObject(image),
  slot,
  provides: { ...provides },
  requires: { ...requires },
});

const updatingObject = ({ version, manifest, files }: Updating): JsonObject => ({
  version,
  manifest: digestObject(manifest),
  files: Object.fromEntries(
    [...files].map(([component, { action, path, ...file }]) => [
      component,
      { action, path, ...digestObject(file) },
    ]),
  ),
});

const digestObject = ({ length, sha256 }: Digest): JsonObject => ({ length, sha256 });

const updating = (at: Cursor): Updating => ({
  version: at.field('version').match(isVersion, 'a version'),
  manifest: digest(at.field('manifest')),
  files: new Map(
    at
      .field('files')
      .entries()
      .map(([key, item]) => [
        checkedName(key, item),
        {
          action: item.field('action').oneOf(['delta', 'full'] as const),
          path: item.field('path').string(),
          ...digest(item),
        },
      ]),
  ),
});

const digest = (at: Cursor): Digest => ({
  length: at.field('length').integer(),
  sha256: at.field('sha256').match((text): text is string => isSha256(text), 'a SHA-256'),
});

const installed = (at: Cursor): Installed => ({
  version: at.field('version').match(isVersion, 'a version'),
  counter: at.field('counter').integer(),
  image: digest(at.field('image')),
  slot: name(at.field('slot')),
  provides: record(at.field('provides'), (item) => item.match(isVersion, 'a version')),
  requires: record(at.field('requires'), (item) => item.match(isRange, 'a range of semantic versions')),
});

const record = <T>(at: Cursor, read: (item: Cursor) => T): Record<Name, T> =>
  Object.fromEntries(at.entries().map(([key, item]) => [checkedName(key, item), read(item)])) as Record<
    Name,
    T
  >;

const name = (at: Cursor): Name => at.match(isName, 'a name');
const checkedName = (key: string, at: Cursor): Name =>
  isName(key) ? key : at.fail('is not under a valid name');
