import { fromUtf8 } from '../core/bytes.ts';
import { parseChannel } from '../repository/channel.ts';
import type { Targets } from '../repository/model.ts';
import { parseRecalls } from '../repository/recalls.ts';
import type { Change } from './change.ts';
import { changedFiles } from './changed-files.ts';

const CHANNEL = /^[^/]+\/channels\/[^/]+\.json$/;

export const isChannelPath = (path: string): boolean => CHANNEL.test(path);

const isRecallsPath = (path: string): boolean => path.endsWith('/channels/_recalled.json');

/** Each release that the document says was recalled. */
function recallChanges(path: string, bytes: Uint8Array): readonly Change[] {
  const { product, recalls } = parseRecalls(bytes, path);
  return recalls.map(({ version, reason, to }) => ({
    what: 'recall',
    subject: `${product} ${version}`,
    to: `${to === undefined ? 'devices stay at what they have' : `devices go to ${to}`}: ${reason}`,
  }));
}

/**
 * What the channels of a role give out anew. Its targets are documents of their own, so each one that changes has to be in the
 * request: nobody signs a digest unseen.
 *
 * @throws OtaError `request-invalid`; `shape-invalid` for what is no channel's document
 */
export function channelChanges(
  before: Targets | undefined,
  after: Targets,
  files: ReadonlyMap<string, Uint8Array>,
): readonly Change[] {
  return changedFiles(before, after, files, isChannelPath).flatMap(([path, bytes]): readonly Change[] => {
    if (isRecallsPath(path)) return recallChanges(path, bytes);
    const { product, release } = parseChannel(bytes, path);
    const text = fromUtf8(bytes).replace(/\s+/g, ' ').trim();
    return [{ what: 'channel', subject: path, to: `${product} ${release.version}: ${text}` } as const];
  });
}
