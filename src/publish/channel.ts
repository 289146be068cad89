import type { Manifest } from '../bundle/manifest.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { type Channel, encodeChannel, parseChannel } from '../repository/channel.ts';
import { channelPath, channelsRole } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import { checkCounters, type PublishedRelease } from './releases.ts';
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

/** What each channel of a product gives out now. @throws OtaError as reading their documents does */
export async function channelsOf(state: RepositoryState, product: Name): Promise<ReadonlyMap<Name, Channel>> {
  const { live, channels } = state;
  const result = new Map<Name, Channel>();
  if (!live) return result;
  for (const [path, file] of channels?.signed.targets ?? []) {
    const bytes = await live.repository.read({ ...file, path, role: channelsRole(product) });
    const channel = parseChannel(bytes, path);
    if (path === channelPath(product, channel.channel)) result.set(channel.channel, channel);
  }
  return result;
}

/**
 * A channel goes back to an earlier release only when that is asked for, and never below a security counter of the one that
 * it gives out now: the devices that have that one would refuse (attack row 48).
 *
 * @param to with the version of the product's role that first listed it
 * @throws OtaError `channel-back`, `counter-lower`
 */
export function checkChannelStep(
  role: Targets | undefined,
  to: Pick<Manifest, 'product' | 'version' | 'components'> & { readonly sequence: number },
  step: { readonly channel: Name; readonly from: PublishedRelease; readonly rollback: boolean },
): void {
  const { product, version, components, sequence } = to;
  checkCounters(role, components, [step.from]);
  if (step.rollback || sequence > step.from.sequence) return;
  throw new OtaError(
    'channel-back',
    `channel ${step.channel} gives out ${product} ${step.from.version}, which was published after ${version}`,
    {
      where: `${product}/channels/${step.channel}`,
      hint: `To take its devices back to ${version}, say so with --rollback; nothing was changed.`,
    },
  );
}
