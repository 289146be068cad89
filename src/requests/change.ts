import { printable } from '../core/printable.ts';

/** One difference between what is published and what is to be signed, computed from the documents themselves. */
export interface Change {
  readonly what: ChangeKind;
  /** The release, role, target path or component that it is about. */
  readonly subject: string;
  readonly from?: string;
  readonly to?: string;
  /** Of a key that comes or goes. */
  readonly keyid?: string;
  /** Why somebody in haste must not miss it; absent for what a release does each time. */
  readonly warning?: string;
}

export type ChangeKind =
  | 'role-first'
  | 'role-added'
  | 'role-removed'
  | 'role-order'
  | 'role-kept'
  | 'version'
  | 'signed-before'
  | 'expires'
  | 'threshold'
  | 'key-added'
  | 'key-removed'
  | 'paths'
  | 'terminating'
  | 'release-added'
  | 'release-removed'
  | 'release-returned'
  | 'hardware-added'
  | 'hardware-removed'
  | 'component-added'
  | 'component-removed'
  | 'component-version'
  | 'counter'
  | 'delta-added'
  | 'file-added'
  | 'file-removed'
  | 'file-changed'
  | 'channel'
  | 'recall'
  | 'archive'
  | 'media-profile';

/** A change with characters in it that do not show is one that must not be missed. */
export function markHidden(change: Change): Change {
  const texts = [change.subject, change.from ?? '', change.to ?? ''];
  if (texts.every((text) => printable(text) === text)) return change;
  const hidden = 'holds characters that do not show or turn the text around';
  return { ...change, warning: change.warning === undefined ? hidden : `${change.warning}; ${hidden}` };
}

/** What is in one list and not in the other, in the order of each. */
export const difference = <T>(before: Iterable<T>, after: Iterable<T>) => {
  const [old, next] = [new Set(before), new Set(after)];
  return {
    added: [...next].filter((item) => !old.has(item)),
    removed: [...old].filter((item) => !next.has(item)),
  };
};
