import type { ByteSource } from '../../core/source.ts';
import type { FoundStream } from './codec.ts';

/**
 * Reads one container format. Pure over the image's bytes: it never throws for what they are (an image that only looks like a
 * container has no streams), and never reads or keeps more than it needs, since an image may have gigabytes.
 */
export interface Finder {
  /** What a person calls the format. */
  readonly name: string;
  /** The streams in it, in any order; those that overlap ones already found are left out by the caller. */
  find(image: ByteSource): Promise<readonly FoundStream[]>;
}
