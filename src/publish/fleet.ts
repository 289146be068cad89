import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { silent } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refresh } from '../device/client/refresh.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { memoryState } from '../device/client/state.ts';
import { previewIn } from '../device/preview.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { type FieldRelease, readServed } from './field.ts';

/** One update on a way. */
export interface Hop {
  readonly to: Version;
  /** Bytes of payloads and deltas that a device downloads for it. */
  readonly bytes: number;
  /** How often a device restarts for it; absent where it need not. */
  readonly reboots?: number;
}

/** How devices of one hardware with one release get to what their channel gives out. */
export interface FleetWay {
  readonly from: Version;
  readonly hardware: Name;
  /** Nothing where they have it already. */
  readonly hops: readonly Hop[];
  readonly bytes: number;
  /** Why they stop before they have arrived. */
  readonly stranded?: string;
}

export interface FleetPlan {
  readonly product: Name;
  readonly channel: Name;
  readonly head: Version;
  /** The roots that a device walks through which trusts the first of the trust folder. */
  readonly roots: { readonly from: number; readonly to: number };
  readonly ways: readonly FleetWay[];
}

export interface FleetOptions {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly product: Name;
  readonly channel: Name;
  /** Of this release alone; of every live release where it is left out. */
  readonly from?: Version;
  readonly now: Seconds;
}

/**
 * Works out what every device in the field will do: for each live release and each hardware, the updates that the reference client
 * would make one after the other, with their bytes, once a rollout has come to all of them. One that is paused comes to none.
 *
 * @throws OtaError `channel-missing`, `release-missing`; as `readPublished`
 */
export async function planFleet(options: FleetOptions): Promise<FleetPlan> {
  const { store, trust, product, from } = options;
  const { published, channel } = await readServed(store, trust, product, options.channel);
  const field = published.field.filter(({ label }) => from === undefined || label === from);
  if (field.length === 0) {
    throw new OtaError('release-missing', `${product} has no live release ${from}`, {
      where: from ?? product,
      hint: `Live are ${published.field.map(({ label }) => label).join(', ')}.`,
    });
  }
  const rootBytes = trust.roots[0] as Uint8Array;
  const repository = await refresh({
    store,
    state: memoryState(rootBytes),
    now: options.now,
    progress: silent,
  });
  // Once the rollout has come to all of them.
  const now = Math.max(options.now, channel.rollout?.steps.at(-1)?.at ?? 0);
  const ways: FleetWay[] = [];
  for (const release of field) {
    for (const hardware of release.parts.hardware)
      ways.push(await wayOf(repository, { ...options, now }, release, hardware));
  }
  return {
    product,
    channel: channel.channel,
    head: channel.release.version,
    roots: published.roots,
    ways,
  };
}

async function wayOf(
  repository: TrustedRepository,
  { product, channel, now }: FleetOptions,
  { release }: FieldRelease,
  hardware: Name,
): Promise<FleetWay> {
  const hops: Hop[] = [];
  const done = () => ({
    from: release.version,
    hardware,
    hops,
    bytes: hops.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  let at = release.version;
  for (;;) {
    try {
      const preview = await previewIn(repository, { product, channel, hardware, from: at, now });
      if (preview.to === at) return done();
      const { to, downloadBytes: bytes, reboots } = preview;
      hops.push({ to, bytes, ...(reboots === undefined ? {} : { reboots }) });
      if (preview.toward === undefined) return done();
      at = preview.to;
    } catch (error) {
      if (error instanceof OtaError && STRANDS.has(error.code)) return { ...done(), stranded: error.message };
      throw error;
    }
  }
}

const STRANDS: ReadonlySet<string> = new Set(['update-unsafe', 'hardware-mismatch', 'counter-rollback']);
