import type { Name, Version } from '../core/names.ts';
import { silent } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { channelOf } from '../device/choose.ts';
import { refresh } from '../device/client/refresh.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { memoryState } from '../device/client/state.ts';
import { type Preview, previewIn } from '../device/preview.ts';
import type { Channel } from '../repository/channel.ts';
import { givenTo } from '../repository/rollout.ts';
import type { ReadStore } from '../storage/store.ts';
import type { VirtualDevice } from './devices.ts';
import { kept } from './remembered.ts';

/**
 * The reference client of all devices that trust the same root and whose clocks agree. They verify the repository once. Which release
 * a device is given goes by its id; devices of one hardware that have the same release and are given the same one do the same with it,
 * so that one of them is asked.
 */
export class SharedClient {
  readonly #product: Name;
  readonly #channel: Name;
  readonly #verified: Promise<{ readonly repository: TrustedRepository; readonly channel: Channel }>;
  readonly #previews = new Map<string, Promise<Preview>>();

  /** @param options.now when the repository is verified, by the devices' clock */
  constructor(options: {
    readonly store: ReadStore;
    readonly rootBytes: Uint8Array;
    readonly product: Name;
    readonly channel: Name;
    readonly now: Seconds;
  }) {
    this.#product = options.product;
    this.#channel = options.channel;
    this.#verified = this.#verify(options.store, options.rootBytes, options.now);
    // Each device is told by `update`.
    this.#verified.catch(() => {});
  }

  /**
   * One update of a device.
   *
   * @param now by the device's clock
   * @throws OtaError what `updateDevice` would refuse with
   */
  async update(
    { id, hardware }: Pick<VirtualDevice, 'id' | 'hardware'>,
    release: Version | undefined,
    now: Seconds,
  ): Promise<Preview> {
    const { repository, channel } = await this.#verified;
    const from = release === undefined ? {} : { from: release };
    const given = givenTo(channel, { id, ...(release === undefined ? {} : { release }) }, now);
    return kept(this.#previews, [hardware, release, given?.version].join(' '), () =>
      previewIn(repository, { product: this.#product, channel: this.#channel, hardware, id, ...from, now }),
    );
  }

  async #verify(store: ReadStore, rootBytes: Uint8Array, now: Seconds) {
    const repository = await refresh({ store, state: memoryState(rootBytes), now, progress: silent });
    const channel = await channelOf(repository, { product: this.#product, channel: this.#channel });
    return { repository, channel };
  }
}
