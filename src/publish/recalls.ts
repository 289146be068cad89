import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { channelsRole, recallsPath } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import { encodeRecalls, parseRecalls, type Recall } from '../repository/recalls.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { type RepositoryState, readLive } from './repository-state.ts';
import { type NewTarget, sealedTarget } from './targets.ts';

/** The releases of a product that were recalled. @throws OtaError what reading the document throws */
export const recallsOf = ({ live, channels }: RepositoryState, product: Name): Promise<readonly Recall[]> =>
  readRecalls(live?.repository, channels?.signed, product);

/** As `recallsOf`, of a store, whatever has expired. @throws OtaError as `readLive` */
export async function publishedRecalls(
  store: ReadStore,
  trust: Trust,
  product: Name,
): Promise<readonly Recall[]> {
  const { repository } = await readLive(store, trust);
  return repositoryRecalls(repository, product);
}

/** As `recallsOf`, of a repository that was refreshed. */
export async function repositoryRecalls(
  repository: TrustedRepository,
  product: Name,
): Promise<readonly Recall[]> {
  const role = channelsRole(product);
  if (!repository.snapshot.signed.meta.has(role)) return [];
  return readRecalls(repository, (await repository.role(role)).signed, product);
}

async function readRecalls(
  repository: TrustedRepository | undefined,
  role: Targets | undefined,
  product: Name,
): Promise<readonly Recall[]> {
  const path = recallsPath(product);
  const file = role?.targets.get(path);
  if (!repository || !file) return [];
  const found = parseRecalls(await repository.read({ ...file, path, role: channelsRole(product) }), path);
  if (found.product === product) return found.recalls;
  throw new OtaError('channel-foreign', `${path} is that of ${found.product}`, {
    where: path,
    hint: "Whoever holds the channels' key signed another product's recalls: recall the releases again.",
  });
}

/** The recalls as a target of the channels' role. */
export const recallsTarget = (product: Name, recalls: readonly Recall[]): NewTarget =>
  sealedTarget(recallsPath(product), seal(encodeRecalls({ product, recalls })));

/**
 * A release that was recalled is never given out again, by no channel.
 *
 * @throws OtaError `release-recalled`
 */
export function refuseRecalled(recalls: readonly Recall[], product: Name, version: Version): void {
  const found = recalls.find((recall) => recall.version === version);
  if (!found) return;
  throw new OtaError('release-recalled', `${product} ${version} was recalled: ${found.reason}`, {
    where: `${product} ${version}`,
    hint: 'It is not given out again. Bundle the images that are sound as a new release, with a new version.',
  });
}
