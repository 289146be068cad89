import type { Sealed } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { withScratchFolder, writeFileAtomic } from '../../files/write.ts';
import type { UploadStatus } from '../../publish/objects.ts';
import { type StageOptions, stagePublish } from '../../publish/stage.ts';
import type { Review } from '../../requests/review.ts';

/** A staged publication: the request, and what was uploaded. */
export interface StagedRequest {
  readonly kind: 'staged';
  /** The path of the request. */
  readonly path: string;
  readonly request: string;
  readonly title: string;
  readonly store: string;
  readonly targets: readonly {
    readonly path: string;
    readonly length: number;
    readonly status: UploadStatus;
  }[];
  readonly documents: readonly {
    readonly name: string;
    readonly quorums: readonly {
      readonly by: string;
      readonly threshold: number;
      readonly keyids: readonly string[];
    }[];
  }[];
}

/**
 * Stages a publication and writes its request to a new file.
 *
 * @throws OtaError `output-exists`; as `stagePublish`
 */
export async function stageRequest(
  options: Omit<StageOptions, 'scratch'>,
  output: string | undefined,
): Promise<StagedRequest> {
  const { request, review, plan, statuses } = await withScratchFolder((scratch) =>
    stagePublish({ ...options, scratch }),
  );
  const path = output ?? `${plan.product}-${plan.version}.request`;
  const targets = plan.uploads.map(({ path: target, length }, index) => ({
    path: target,
    length,
    status: statuses[index] ?? 'present',
  }));
  return writeRequest({ request, review, path, store: plan.store, targets });
}

/**
 * Writes a request to a new file, and says who is to sign it.
 *
 * @throws OtaError `output-exists`
 */
export async function writeRequest({
  request,
  review,
  ...staged
}: Pick<StagedRequest, 'path' | 'store' | 'targets'> & {
  readonly request: Sealed;
  readonly review: Review;
}): Promise<StagedRequest> {
  await writeNew(staged.path, request.bytes);
  return {
    kind: 'staged',
    ...staged,
    request: request.sha256,
    title: review.title,
    documents: review.documents.map(({ name, quorums }) => ({
      name,
      quorums: quorums.map(({ by, threshold, keys }) => ({ by, threshold, keyids: [...keys.keys()] })),
    })),
  };
}

/** Officers may have signed the one that is there. */
async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, bytes, { exclusive: true });
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.code !== 'output-exists') throw cause;
    throw new OtaError('output-exists', `${path} exists already, and may have been signed`, {
      where: path,
      cause,
      hint: 'Publish it with its responses; or, to have a new one signed, remove it or name another with -o.',
    });
  }
}
