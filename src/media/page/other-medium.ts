import { equalBytes } from '../../core/bytes.ts';
import { encodeMediaLayout, type MediaLayout, PAGE_FILE } from '../layout.ts';

/** Whether two lists are of the same medium, the entry of the page apart, which the page cannot know of itself. */
export function isSameMedium(a: MediaLayout, b: MediaLayout): boolean {
  return equalBytes(encodeMediaLayout(withoutPage(a)), encodeMediaLayout(withoutPage(b)));
}

const withoutPage = (layout: MediaLayout): MediaLayout => ({
  ...layout,
  files: layout.files.filter(({ key }) => key !== PAGE_FILE),
});

const MAX_DOCUMENT = 5 * 2 ** 20;

/**
 * Whether the data of a page holds a file of a medium: its metadata, and the documents and texts among its targets. Signatures of bundles
 * are not read: the manifest is a target, and signed as such.
 */
export const isForPage = ({ key, length }: { readonly key: string; readonly length: number }): boolean =>
  !/signatures\.json$/.test(key) &&
  length <= MAX_DOCUMENT &&
  /^metadata\/|\.(?:json|md|txt)$/.test(key) &&
  /^(?:metadata|targets)\//.test(key);
