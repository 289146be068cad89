import type { Change } from '../../requests/change.ts';
import type { Collected, QuorumState } from '../../requests/collect.ts';
import type { ReviewedRelease } from '../../requests/release.ts';
import type { Review } from '../../requests/review.ts';

/** A request as data: what it changes, and who has signed it. */
export interface RequestReport {
  readonly request: string;
  readonly title: string;
  readonly root?: Review['root'];
  /** Whether the chain was followed from a root that the reader holds. */
  readonly trusted: boolean;
  readonly channel?: string;
  readonly documents: readonly {
    readonly name: string;
    readonly changes: readonly Change[];
    readonly release?: ReviewedRelease;
    readonly quorums: readonly QuorumState[];
  }[];
  readonly changes: readonly Change[];
  readonly complete: boolean;
}

export const requestReport = (review: Review, collected: Collected, trusted: boolean): RequestReport => ({
  request: review.request,
  title: review.title,
  ...(review.root ? { root: review.root } : {}),
  trusted,
  ...(review.channel === undefined ? {} : { channel: review.channel }),
  documents: review.documents.map(({ name, changes, release }, index) => ({
    name,
    changes,
    ...(release ? { release } : {}),
    quorums: collected.documents[index]?.quorums ?? [],
  })),
  changes: review.changes,
  complete: collected.complete,
});
