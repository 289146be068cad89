import type { Manifest } from '../bundle/manifest.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { seal } from '../core/digest.ts';
import type { Name } from '../core/names.ts';
import { encodeChannel, parseChannel } from '../repository/channel.ts';
import { channelPath } from '../repository/layout.ts';
import { checkCounters, releasesOf } from './releases.ts';
import type { RepositoryState } from './repository-state.ts';
import { type NewTarget, sealedTarget } from './targets.ts';

/** The document that points a channel at a bundle's release. */
export function channelTarget({ manifest, sealed }: OpenBundle, channel: Name): NewTarget {
  const { product, version } = manifest;
  const { length, sha256 } = sealed;
  const bytes = encodeChannel({ product, channel, release: { version, manifest: { length, sha256 } } });
  return sealedTarget(channelPath(product, channel), seal(bytes));
}

/** Whether a channel points at a bundle's release already. */
export function pointsAt(state: RepositoryState, bundle: OpenBundle, channel: Name): boolean {
  const { path, file } = channelTarget(bundle, channel);
  return state.channels?.signed.targets.get(path)?.sha256 === file.sha256;
}

/**
 * A channel may go back to an earlier release, but not below a security counter of the one that it gives out now: the
 * devices that have that one would refuse (attack row 48).
 *
 * @throws OtaError `counter-lower`; as reading the channel's document does
 */
export async function checkChannelCounters(
  state: RepositoryState,
  { product, components }: Pick<Manifest, 'product' | 'components'>,
  channel: Name,
): Promise<void> {
  const path = channelPath(product, channel);
  const target = await state.live?.repository.find(path);
  if (!state.live || !target) return;
  const now = parseChannel(await state.live.repository.read(target), path).release.version;
  const role = state.product?.signed;
  checkCounters(
    role,
    components,
    releasesOf(role).filter(({ version }) => version === now),
  );
}
