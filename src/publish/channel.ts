import type { Manifest } from '../bundle/manifest.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { encodeChannel, parseChannel } from '../repository/channel.ts';
import { channelPath } from '../repository/layout.ts';
import { checkCounters, type PublishedRelease, releasesOf } from './releases.ts';
import type { RepositoryState } from './repository-state.ts';
import { type NewTarget, sealedTarget } from './targets.ts';

/** The document that points a channel at a bundle's release. */
export function channelTarget(
  { manifest, sealed }: Pick<OpenBundle, 'manifest' | 'sealed'>,
  channel: Name,
): NewTarget {
  const { product, version } = manifest;
  const { length, sha256 } = sealed;
  const bytes = encodeChannel({ product, channel, release: { version, manifest: { length, sha256 } } });
  return sealedTarget(channelPath(product, channel), seal(bytes));
}

/** Whether a channel points at a bundle's release already. */
export function pointsAt(
  state: RepositoryState,
  bundle: Pick<OpenBundle, 'manifest' | 'sealed'>,
  channel: Name,
): boolean {
  const { path, file } = channelTarget(bundle, channel);
  return state.channels?.signed.targets.get(path)?.sha256 === file.sha256;
}

/** The release that a channel gives out now; `undefined` for a new channel. @throws OtaError as reading its document does */
export async function releaseOf(
  state: RepositoryState,
  product: Name,
  channel: Name,
): Promise<PublishedRelease | undefined> {
  const path = channelPath(product, channel);
  const target = await state.live?.repository.find(path);
  if (!state.live || !target) return undefined;
  const { version } = parseChannel(await state.live.repository.read(target), path).release;
  return releasesOf(state.product?.signed).find((release) => release.version === version);
}

/**
 * A channel goes back to an earlier release only when that is asked for, and never below a security counter of the one that
 * it gives out now: the devices that have that one would refuse (attack row 48).
 *
 * @throws OtaError `channel-back`, `counter-lower`
 */
export function checkChannelStep(
  state: RepositoryState,
  { product, version, components }: Pick<Manifest, 'product' | 'version' | 'components'>,
  step: { readonly channel: Name; readonly from: PublishedRelease; readonly rollback: boolean },
): void {
  const role = state.product?.signed;
  checkCounters(role, components, [step.from]);
  const to = releasesOf(role).find((release) => release.version === version);
  if (step.rollback || !to || to.sequence > step.from.sequence) return;
  throw new OtaError(
    'channel-back',
    `channel ${step.channel} gives out ${product} ${step.from.version}, which was published after ${version}`,
    {
      where: `${product}/channels/${step.channel}`,
      hint: `To take its devices back to ${version}, say so with --rollback; nothing was changed.`,
    },
  );
}
