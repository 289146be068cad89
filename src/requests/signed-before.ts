import { sha256 } from '../core/digest.ts';
import type { Change } from './change.ts';
import type { Review, ReviewedDocument } from './review.ts';

/** What was signed before on this machine, as its log has it. */
export interface Signed {
  /** As in `gateway 7`. */
  readonly what: string;
  /** SHA-256 of the bytes that were signed. */
  readonly sha256?: string;
}

/**
 * A review with what contradicts the reader's own memory: a role that they signed in a later version already, or in the same version with
 * other content. The chain of a request shows what was genuine once; this shows when it is no longer the last.
 */
export const withMemory = (review: Review, before: readonly Signed[]): Review => ({
  ...review,
  documents: review.documents.map((item) => ({
    ...item,
    changes: [...item.changes, ...contradictions(item, before)],
  })),
});

function contradictions(
  { name, document, message }: ReviewedDocument,
  before: readonly Signed[],
): readonly Change[] {
  if (document.type !== 'role') return [];
  const version = Number(document.signed.version);
  const own = before.flatMap((entry) => {
    const signed = versionOf(entry.what, name);
    return signed === undefined ? [] : [{ ...entry, version: signed }];
  });
  const last = Math.max(0, ...own.map((entry) => entry.version));
  if (last > version) {
    return [
      {
        what: 'signed-before',
        subject: `${name} ${last}`,
        warning: `this is version ${version}: it follows an older state than the one that you signed`,
      },
    ];
  }
  const digest = sha256(message);
  const other = own.some((entry) => entry.version === version && entry.sha256 !== digest);
  return other
    ? [
        {
          what: 'signed-before',
          subject: `${name} ${version}`,
          warning: 'this one has other content: ask why',
        },
      ]
    : [];
}

function versionOf(what: string, name: string): number | undefined {
  const text = what.startsWith(`${name} `) ? what.slice(name.length + 1) : '';
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}
