import type { DeltaFormat } from '../core/delta-formats.ts';
import type { Digest } from '../core/digest.ts';
import type { Name, Version } from '../core/names.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Metadata } from '../repository/model.ts';

/** The devices of one product that a medium is asked for. */
export interface SliceRequest {
  readonly product: Name;
  /** At least one. */
  readonly channels: readonly Name[];
  /** All that the releases are for where it is left out. */
  readonly hardware?: readonly Name[];
  /** Releases that they have; none where they may have any or nothing, which takes all payloads in full. */
  readonly from: readonly Version[];
  /** Full payloads beside the deltas: for devices in any state. */
  readonly full: boolean;
  /** Formats of deltas that they read; all where it is left out. */
  readonly formats?: readonly DeltaFormat[];
}

/** Who needs a file: every device, or those of a product with a release. */
export interface Need {
  readonly product: Name;
  readonly hardware?: Name;
  /** Absent for devices that may have anything. */
  readonly from?: Version;
  /** Only there because full payloads were asked for beside the deltas. */
  readonly spare?: true;
}

export type SliceKind = 'metadata' | 'document' | 'payload' | 'delta';

/** One file of the repository that goes onto a medium. */
export interface SliceFile extends Digest {
  readonly key: string;
  readonly kind: SliceKind;
  readonly needs: readonly Need[];
  /** Of a payload or a delta. */
  readonly component?: Name;
  /** Of metadata, which is as it was when the medium was planned; all else is read from the store. */
  readonly bytes?: Uint8Array;
}

/** What a medium is made of, each file once: sorted by key. */
export class SliceFiles {
  readonly #files = new Map<string, SliceFile>();

  add(file: Omit<SliceFile, 'needs'>, need?: Need): void {
    const known = this.#files.get(file.key);
    const needs = [...(known?.needs ?? []), ...(need ? [need] : [])];
    this.#files.set(file.key, { ...file, needs });
  }

  get files(): readonly SliceFile[] {
    return [...this.#files.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

/** Adds a role's file as it was verified, under its name in the store. */
export function addRole(
  files: SliceFiles,
  role: string,
  { sealed, signed }: Metadata<{ readonly version: number }>,
  repository?: TrustedRepository,
  need?: Need,
): void {
  const consistent = repository?.root.signed.consistentSnapshot ?? true;
  const key = metadataKey(role, consistent ? signed.version : undefined);
  files.add({ ...sealed, key, kind: 'metadata' }, need);
}

export const sizeOf = (files: Iterable<{ readonly length: number }>): number => {
  let bytes = 0;
  for (const { length } of files) bytes += length;
  return bytes;
};
