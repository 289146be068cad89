import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { parseChannel } from '../repository/channel.ts';
import { manifestPath } from '../repository/layout.ts';
import type { Findings } from './findings.ts';
import type { Objects } from './objects.ts';
import type { ChannelJob } from './plan.ts';
import type { TargetsRole } from './roles.ts';

export interface VerifiedChannel {
  readonly product: Name;
  readonly channel: Name;
  /** The release that it gives out; absent where its document is refused. */
  readonly release?: Version;
}

const MAX_CHANNEL_BYTES = 64 * 1024;
const HINT = 'Publish a release that is listed on this channel again.';

/** Checks a channel's document, and that the product's role lists the very release that it names, which was not recalled. */
export async function verifyChannel(
  { product, channel, document }: ChannelJob,
  {
    role,
    recalled,
  }: { readonly role: TargetsRole | undefined; readonly recalled?: ReadonlySet<Version> | undefined },
  objects: Objects,
  findings: Findings,
): Promise<VerifiedChannel> {
  const { path } = document.target;
  const bytes = await objects.document(document, MAX_CHANNEL_BYTES);
  const said = bytes && (await findings.attempt(path, () => parseChannel(bytes, path)));
  if (!said) return { product, channel };
  await findings.attempt(path, () => {
    if (said.product !== product || said.channel !== channel) {
      throw new OtaError('channel-foreign', `${path} is the channel ${said.product}/${said.channel}`, {
        hint: HINT,
      });
    }
  });
  for (const { version, manifest, recalled: mark } of [
    said.release,
    ...(said.rollout ? [said.rollout.from] : []),
    ...(said.through ?? []),
  ])
    await findings.attempt(path, () => {
      if (recalled?.has(version) && !mark) {
        throw new OtaError(
          'release-inconsistent',
          `${path} gives out ${product} ${version}, which was recalled`,
          {
            hint: `Recall it again, so that the channel moves on or is held: ota recall ${version}.`,
          },
        );
      }
      const listed = role?.metadata.signed.targets.get(manifestPath(product, version));
      if (!listed) {
        throw new OtaError(
          'target-missing',
          `${path} names ${product} ${version}, which ${product} does not list`,
          {
            hint: HINT,
          },
        );
      }
      if (sameDigest(listed, manifest)) return;
      throw new OtaError(
        'digest-mismatch',
        `${path} names another manifest of ${version} than ${product} lists`,
        {
          hint: HINT,
        },
      );
    });
  return { product, channel, release: said.release.version };
}
