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

/** A component whose slot is being switched to a new image. */
export type Installing = { readonly component: Name } & Installed;

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
  /** The release whose components all stand; absent until one does. */
  readonly release?: Version;
  /** The release whose components are being installed: from the first slot that is written until all stand. */
  readonly updating?: Version;
  readonly components: ReadonlyMap<Name, Installed>;
  /** The components of one step, whose images stand beside their slots and are switched to now: a power cut does not undo that. */
  readonly installing?: readonly Installing[];
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
    ...(device.release === undefined ? {} : { release: device.release }),
    ...(device.updating === undefined ? {} : { updating: device.updating }),
    ...(device.installing === undefined
      ? {}
      : {
          installing: device.installing.map(({ component, ...item }) => ({
            component,
            ...installedObject(item),
          })),
        }),
  });

/** @throws OtaError `json-invalid`, `shape-invalid` */
export function parseDeviceFile(bytes: Uint8Array, where: string): DeviceFile {
  const at = new Cursor(parseJson(bytes, where), where);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const release = at.optional('release')?.match(isVersion, 'a version');
  const updating = at.optional('updating')?.match(isVersion, 'a version');
  const installing = at.optional('installing');
  if (installing?.array(1000).length === 0) installing.fail('has no entries');
  const id = at.optional('id')?.match(isDeviceId, DEVICE_ID);
  const formats = at
    .optional('formats')
    ?.array(DELTA_FORMATS.length)
    .map((item) => item.oneOf(DELTA_FORMATS));
  const slots = at.optional('slots');
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
    ...(release === undefined ? {} : { release }),
    ...(updating === undefined ? {} : { updating }),
    ...(installing === undefined
      ? {}
      : {
          installing: installing
            .array(1000)
            .map((item) => ({ component: name(item.field('component')), ...installed(item) })),
        }),
  };
}

const installedObject = ({ version, counter, image, slot, provides, requires }: Installed): JsonObject => ({
  version,
  counter,
  image: { length: image.length, sha256: image.sha256 },
  slot,
  provides: { ...provides },
  requires: { ...requires },
});

const installed = (at: Cursor): Installed => ({
  version: at.field('version').match(isVersion, 'a version'),
  counter: at.field('counter').integer(),
  image: {
    length: at.field('image').field('length').integer(),
    sha256: at
      .field('image')
      .field('sha256')
      .match((text): text is string => isSha256(text), 'a SHA-256'),
  },
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
