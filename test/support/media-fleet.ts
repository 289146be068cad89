import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { silent } from '../../src/core/progress.ts';
import { DAY, type Seconds } from '../../src/core/time.ts';
import type { NewDevice } from '../../src/device/new-device.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { setMediaProfile } from '../../src/publish/media-profile.ts';
import type { MediaProfile } from '../../src/repository/media-profile.ts';
import type { Trust } from '../../src/repository/trust.ts';
import { NOW } from './forge.ts';
import { memoryMedium, updateFrom } from './medium.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  noise,
  ONLINE,
  PRODUCT,
  patched,
  publishUnseen,
  RELEASE,
  seeded,
} from './release.ts';
import { rotate } from './rotation.ts';
import { WritableStore } from './writable-store.ts';

export const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'] as const;
export type FleetVersion = (typeof VERSIONS)[number];

export const LIMIT: MediaProfile = { expiry: 'limit', days: 548, counter: 0 };
/** The keys of another maker, whose product has the same name. */
export const OTHER_MAKER = { release: seeded(51), online: seeded(52) };
/** The keys that sign as root after each of the rotations. */
const ROOT_KEYS: readonly Signer[] = [RELEASE, ...[31, 32, 33, 34, 35].map(seeded)];

const RADIO = noise(2, 2000);
/** The images of a release: `boot` is shipped in full, `radio` as a delta too. */
export const imagesAt = (version: FleetVersion): ReadonlyMap<string, Buffer> => {
  const index = VERSIONS.indexOf(version);
  return new Map([
    ['boot', Buffer.from(noise(40 + index, 700))],
    ['radio', Buffer.from(index === 0 ? RADIO : patched(RADIO, index))],
  ]);
};

/** A product whose root was rotated five times, and whatever repositories, media and devices of it a test asks for. */
export interface Fleet {
  /** With the first root only, and with all six. */
  readonly first: Trust;
  readonly trust: Trust;
  /** A repository with the releases up to a version, published at a time. */
  store(upTo: FleetVersion, at: Seconds, options?: FleetStore): Promise<WritableStore>;
  /** A copy of a device in a folder of its own, which has a release that it was given from a medium long ago. */
  device(has: FleetVersion, options?: FleetDevice): Promise<string>;
  /** A folder in which there is no device yet. */
  folder(): string;
  /** What a new device is to be. */
  create(more?: Partial<NewDevice>): NewDevice;
}

export interface FleetStore {
  readonly profile?: MediaProfile;
  readonly trust?: Trust;
  readonly signers?: readonly Signer[];
}

export interface FleetDevice {
  readonly clock?: 'trusted';
  /** It was made before the root was rotated. */
  readonly behind?: boolean;
}

/** When the devices of a fleet were given what they have. */
export const LONG_AGO: Seconds = NOW - 650 * DAY;

export async function makeFleet(folder: string): Promise<Fleet> {
  const first = await makeTrust();
  let trust = first;
  for (const [index, key] of ROOT_KEYS.slice(1).entries()) {
    const before = ROOT_KEYS[index] as Signer;
    trust = await rotate(trust, { root: { signers: [key] }, by: [before, key, RELEASE] });
  }
  const bundles = new Map<FleetVersion, Promise<string>>();
  const bundle = (version: FleetVersion): Promise<string> => {
    const images = imagesAt(version);
    const image = (key: string): Uint8Array => images.get(key) ?? new Uint8Array();
    const made =
      bundles.get(version) ??
      makeBundle(folder, {
        version,
        signers: [RELEASE, OTHER_MAKER.release],
        components: { boot: { image: image('boot'), delta: false }, radio: { image: image('radio') } },
      });
    bundles.set(version, made);
    return made;
  };
  const stores = new Map<string, Promise<WritableStore>>();
  const remembered = async (id: string, make: () => Promise<WritableStore>): Promise<WritableStore> => {
    const found = stores.get(id) ?? make();
    stores.set(id, found);
    return (await found).copy();
  };
  const store: Fleet['store'] = (
    upTo,
    at,
    { profile, trust: by = trust, signers = [RELEASE, ONLINE] } = {},
  ) => {
    const id = [upTo, at, by.roots.length, signers[0]?.publicKey.keyid].join();
    const without = () =>
      remembered(id, async () => {
        const before = VERSIONS[VERSIONS.indexOf(upTo) - 1];
        const into = before ? await store(before, at, { trust: by, signers }) : new WritableStore();
        const options = { trust: by, signers, store: into, scratch: join(folder, 'scratch'), now: at };
        await publishUnseen(await bundle(upTo), options);
        return into;
      });
    if (!profile) return without();
    return remembered(`${id} ${JSON.stringify(profile)}`, async () => {
      const into = await without();
      const { counter, ...age } = profile;
      await setMediaProfile({
        store: into,
        trust: by,
        product: PRODUCT,
        age,
        counter,
        now: at,
        atHand: new Set(signers.map(({ publicKey }) => publicKey.keyid)),
        unlock: async () => signers,
        progress: silent,
      });
      return into;
    });
  };
  const create: Fleet['create'] = (more = {}) => ({
    product: PRODUCT,
    hardware: HARDWARE,
    rootBytes: anchorOf(first),
    ...more,
  });
  let folders = 0;
  const fresh = () => {
    folders += 1;
    return join(folder, `device-${folders}`);
  };
  return {
    first,
    trust,
    store,
    folder: fresh,
    create,
    device: async (has, { clock, behind = false } = {}) => {
      const original = join(folder, ['original', has, clock ?? 'none', behind].join('-'));
      if (!existsSync(original)) {
        const from = await store(has, LONG_AGO, behind ? { trust: first } : {});
        await updateFrom(memoryMedium(from), original, {
          create: create(clock ? { clock } : {}),
          now: LONG_AGO,
        });
      }
      const copy = fresh();
      cpSync(original, copy, { recursive: true });
      return copy;
    },
  };
}
