import { parseManifest } from '../bundle/parse-manifest.ts';
import { sameDigest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Channel, type ChannelRelease, parseChannel } from '../repository/channel.ts';
import { readContent } from '../repository/content.ts';
import { parseManifestCustom } from '../repository/custom.ts';
import { channelPath, manifestPath } from '../repository/layout.ts';
import type { RolloutDevice } from '../repository/rollout.ts';
import type { VerifiedManifest } from './begun.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFile } from './device-file.ts';

/** What a channel tells a device. */
export type Choice =
  /** With `held`, it was recalled: the device has it, or has begun to install it, and stays there. */
  | (Required<VerifiedManifest> & { readonly channel: Channel; readonly held?: ChannelRelease })
  /** Stay as you are: this release was recalled, and nothing is in its place. */
  | { readonly held: ChannelRelease };

/**
 * The document of the device's channel.
 *
 * @throws OtaError `channel-unlisted`, `channel-foreign`; as `TrustedRepository.read`
 */
export async function channelOf(
  repository: TrustedRepository,
  device: Pick<DeviceFile, 'product' | 'channel'>,
): Promise<Channel> {
  const path = channelPath(device.product, device.channel);
  const pointer = await repository.find(path);
  if (!pointer) {
    throw new OtaError(
      'channel-unlisted',
      `${device.product} has no channel ${device.channel} in this repository`,
      {
        where: path,
        hint: 'Name a channel that releases are published on with --channel, or publish one on it.',
      },
    );
  }
  const document = await repository.read(pointer);
  const channel = readContent(path, () => parseChannel(document, path));
  if (channel.product !== device.product || channel.channel !== device.channel) {
    throw new OtaError('channel-foreign', `${path} is the channel ${channel.product}/${channel.channel}`, {
      where: path,
      hint: 'The channel key signed a document in the wrong place: have the channel published again.',
    });
  }
  return channel;
}

/**
 * The release that the device's channel gives it, its manifest being the very one that the channel and the product's role name.
 *
 * @param give what a channel gives to a device: `givenTo` a time, or `carriedTo`
 * @throws OtaError `target-missing` for a channel or a release that nobody vouches for, `target-invalid`, `role-invalid`,
 *   `digest-mismatch`; as
 *   `TrustedRepository.read`
 */
export async function chosenRelease(
  repository: TrustedRepository,
  device: Pick<DeviceFile, 'product' | 'channel'> & RolloutDevice,
  give: (channel: Channel, device: RolloutDevice) => ChannelRelease | undefined,
): Promise<Choice> {
  const path = channelPath(device.product, device.channel);
  const channel = await channelOf(repository, device);
  const given = give(channel, device);
  if (!given) return heldBack(channel, device);
  const where = manifestPath(device.product, given.version);
  const target = await repository.get(where);
  if (!sameDigest(target, given.manifest)) {
    throw new OtaError('digest-mismatch', `${path} names another manifest than the product's role lists`, {
      where,
      hint: 'The channel key signed what the release keys did not: have the channel published again.',
    });
  }
  const bytes = await repository.read(target);
  return {
    channel,
    sequence: readContent(where, () => parseManifestCustom(target.custom, where)).sequence,
    manifest: readContent(where, () => parseManifest(bytes, where)),
    sealed: seal(bytes),
    ...(given.recalled ? { held: given } : {}),
  };
}

/** @throws OtaError `channel-held` for a device that has nothing to stay at */
function heldBack({ product, channel, release, rollout }: Channel, device: RolloutDevice): Choice {
  const held = release.recalled || !rollout ? release : rollout.from;
  if (device.release !== undefined) return { held };
  throw new OtaError(
    'channel-held',
    `channel ${channel} gives out nothing: ${product} ${held.version} was recalled: ${held.recalled?.reason ?? ''}`,
    {
      where: channelPath(product, channel),
      hint: 'Try again when another release is promoted, or follow another channel.',
    },
  );
}
