import type { Seconds } from '../core/time.ts';
import type { Metadata, Root, Targets } from '../repository/model.ts';
import type { TrustedChain } from './chain.ts';
import type { Proposed } from './proposed.ts';

/** What a review knows: what is published, what is proposed, and the one on top of the other. */
export interface Known {
  readonly chain: TrustedChain;
  readonly proposed: Proposed;
  readonly root: Metadata<Root> | undefined;
  readonly roles: ReadonlyMap<string, Metadata<Targets>>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly now: Seconds;
}
