import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { type Fault, OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { channelsRole, productRole } from '../repository/layout.ts';
import type { Target } from '../repository/lookup.ts';
import { type DatedRole, judgeMedium } from '../repository/media-judge.ts';
import { STRICT } from '../repository/media-profile.ts';
import type { Metadata, Root } from '../repository/model.ts';
import { allKeys } from '../repository/parse-keys.ts';
import { parseTimestamp } from '../repository/parse-meta.ts';
import { isSignedBy } from '../repository/verify.ts';
import type { ReadStore } from '../storage/store.ts';
import { refresh } from './client/refresh.ts';
import type { TrustedRepository } from './client/repository.ts';
import {
  applyChanges,
  type ClientState,
  MEDIUM_TIMESTAMP_FILE,
  ROOT_FILE,
  TIMESTAMP_FILE,
} from './client/state.ts';
import type { DeviceFile, Installed } from './device-file.ts';
import { listedFiles, type ReleaseFiles } from './files.ts';
import type { FullReason } from './plan.ts';
import { deltasFor } from './steps.ts';

/** A medium is judged as a whole, by its age, once all of it is verified: no role is refused for its own. */
const BEFORE_ALL: Seconds = Number.NEGATIVE_INFINITY;

/**
 * The repository on a medium, verified as on the network but for two things: no role is refused for its age yet, and nothing that was
 * seen elsewhere is compared or changed. A new root counts from now on, as on the network.
 *
 * @throws OtaError as `refresh`
 */
export const mediumRepository = (options: {
  readonly store: ReadStore;
  readonly state: ClientState;
  readonly progress: Progress;
}): Promise<TrustedRepository> =>
  refresh({ ...options, state: rootAlone(options.state), now: BEFORE_ALL, partial: true });

/** Of what is trusted on the network only the root is read and changed, and with it what its withdrawn keys had signed. */
function rootAlone(state: ClientState): ClientState {
  const own = new Map<string, Uint8Array>();
  return {
    load: async (name) => (name === ROOT_FILE ? state.load(name) : own.get(name)),
    commit: async (changes) => {
      if (changes.has(ROOT_FILE)) await state.commit(changes);
      else applyChanges(own, changes);
    },
  };
}

/**
 * Judges the age of a medium for a device, and remembers the time that it proves.
 *
 * @param clock this machine's, which counts where the device's is to be trusted
 */
export async function judged(
  repository: TrustedRepository,
  state: ClientState,
  device: DeviceFile,
  clock: Seconds,
): Promise<OfMedium> {
  const { root, timestamp, snapshot, targets } = repository;
  const product = await repository.role(productRole(device.product));
  const channels = await repository.role(channelsRole(device.product));
  const dated = (role: string, { signed: { version, expires } }: Metadata<Omit<DatedRole, 'role'>>) => ({
    role,
    version,
    expires,
  });
  const { made } = timestamp.signed;
  const proven = await provenTime(state, root);
  if (made !== undefined && made > (proven ?? BEFORE_ALL))
    await state.commit(new Map([[MEDIUM_TIMESTAMP_FILE, timestamp.sealed.bytes]]));
  const profile = product.signed.media ?? STRICT;
  const {
    at: _,
    refusal,
    ...report
  } = judgeMedium(
    {
      roles: [
        dated('root', root),
        dated('timestamp', timestamp),
        dated('snapshot', snapshot),
        dated('targets', targets),
        dated(productRole(device.product), product),
        dated(channelsRole(device.product), channels),
      ],
      ...(made === undefined ? {} : { made }),
      profile,
    },
    {
      ...(device.clock === 'trusted' ? { clock } : {}),
      ...(proven === undefined ? {} : { proven }),
      counter: device.mediaCounter ?? 0,
    },
  );
  return { report, counter: profile.counter, ...(refusal ? { refusal } : {}) };
}

/**
 * The latest time that the device has proof of: a timestamp that it keeps, from the network or from a medium, whose keys still count. One
 * that a root has withdrawn the key of proves nothing any more, so whoever stole that key has moved no clock for ever.
 */
async function provenTime(state: ClientState, root: Metadata<Root>): Promise<Seconds | undefined> {
  let latest: Seconds | undefined;
  for (const name of [TIMESTAMP_FILE, MEDIUM_TIMESTAMP_FILE]) {
    const bytes = await state.load(name);
    const kept = bytes && parseTimestamp(bytes, name);
    const counts = kept && isSignedBy(kept, allKeys(root.signed), root.signed.roles.timestamp);
    const made = counts ? kept.signed.made : undefined;
    if (made !== undefined && made > (latest ?? BEFORE_ALL)) latest = made;
  }
  return latest;
}

/** As `listedFiles`, of those that are on the medium. @throws OtaError `media-other-base`; as `listedFiles` */
export const mediumFiles = (
  repository: TrustedRepository,
  device: DeviceFile,
  manifest: Manifest,
): ReleaseFiles => ({
  full: async (component) => {
    const target = await listedFiles(repository, device, manifest).full(component);
    if (await repository.holds(target)) return target;
    throw new OtaError('media-other-base', `${target.path} is not on the medium`, { where: component.name });
  },
  delta: (component, installed) => deltaOn(repository, device, manifest, component, installed),
});

async function deltaOn(
  repository: TrustedRepository,
  { formats }: DeviceFile,
  manifest: Manifest,
  component: ManifestComponent,
  installed: Installed,
): Promise<Target | FullReason> {
  const { deltas, reason } = await deltasFor(repository, manifest, component, installed, formats);
  let best: Target | undefined;
  for (const { target } of deltas)
    if (target.length < (best?.length ?? Number.POSITIVE_INFINITY) && (await isMeant(repository, target)))
      best = target;
  return best ?? reason;
}

/** Whether a file is on the medium, or is to be: one that was cut short is tried, so that it is told. */
async function isMeant(repository: TrustedRepository, target: Target): Promise<boolean> {
  try {
    return await repository.holds(target);
  } catch (error) {
    if (error instanceof OtaError && error.code === 'media-incomplete') return true;
    throw error;
  }
}

/** What was found of the medium that an update comes from. */
export interface OfMedium {
  readonly report: MediumReport;
  /** Its media counter. */
  readonly counter: number;
  /** Why nothing of it may be installed. */
  readonly refusal?: OtaError;
}

/** What is known of the medium's age, for a report. */
export interface MediumReport {
  /** When it was made. */
  readonly made: Seconds;
  /** Until when it counts; absent where it is not refused for its age. */
  readonly until?: Seconds;
  /** What is odd about its age and no reason to refuse it. */
  readonly advice: readonly Fault[];
}

/** Whether the device has, or has begun, a release that was made after one of a medium. */
export const isOlder = (device: DeviceFile, { sequence }: { readonly sequence: number }): boolean =>
  device.sequence !== undefined && sequence < device.sequence;

/** That a medium is of no use to a device which has more. */
export function older({ product, release, updating }: DeviceFile, { version }: Manifest): OtaError {
  const has = updating ? `has begun to install ${updating.version}` : `has ${release}`;
  return new OtaError(
    'media-older',
    `the medium has ${product} ${version}, and this device ${has}, which is later`,
    {
      where: `${product} ${version}`,
      hint: updating
        ? `Nothing was changed. Plug in the medium with ${updating.version} again, or a later one.`
        : 'Nothing was changed, and there is nothing to do: the medium is for devices that have less.',
    },
  );
}

/** The device once it has accepted a medium: its counter is never gone below again. */
export const accepted = (device: DeviceFile, medium: OfMedium | undefined): DeviceFile =>
  medium === undefined || medium.refusal || medium.counter <= (device.mediaCounter ?? 0)
    ? device
    : { ...device, mediaCounter: medium.counter };
