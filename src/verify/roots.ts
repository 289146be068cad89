import { equalBytes } from '../core/bytes.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { MetadataSource } from '../device/client/fetch.ts';
import { verifyTopRole } from '../repository/checks.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Metadata, Root } from '../repository/model.ts';
import { parseRoot } from '../repository/parse-root.ts';
import type { TrustedMetadata } from '../repository/trusted.ts';
import type { Findings } from './findings.ts';

/** Roots looked for on either side of the trusted one, as many as a device follows. */
const MAX_ROOTS = 256;

export interface RootChain {
  /** From the earliest that the store has to the last, the trusted one among them. */
  readonly roots: readonly Metadata<Root>[];
  /** Whether the last one could be reached; nothing is signed by its keys otherwise. */
  readonly whole: boolean;
}

const rootKey = (version: number): string => metadataKey('root', version);
const BEHIND =
  'The store is behind: publish the change of keys (ota root publish), or put the root back from the trust folder.';
const MISSING =
  'Devices that were made with an earlier root need each one: put it back from a copy of the store or a trust folder.';

/**
 * Follows the chain of roots from the trusted one to the last (TUF 1.0.34, section 5.3), and looks at those before it, which
 * devices may have been made with.
 */
export async function followRoots(
  trusted: TrustedMetadata,
  source: MetadataSource,
  findings: Findings,
): Promise<RootChain> {
  const anchor = trusted.root;
  const before = await earlierRoots(anchor, source, findings);
  const after: Metadata<Root>[] = [];
  for (let rotations = 0; rotations < MAX_ROOTS; rotations += 1) {
    const version = trusted.root.signed.version + 1;
    const key = rootKey(version);
    const read = await findings.attempt(key, async () => {
      const found = await source.root(version);
      return { next: found && trusted.updateRoot(found.bytes) };
    });
    if (!read) break;
    if (!read.next) return { roots: [...before, anchor, ...after], whole: true };
    after.push(read.next);
  }
  return { roots: [...before, anchor, ...after], whole: false };
}

async function earlierRoots(
  anchor: Metadata<Root>,
  source: MetadataSource,
  findings: Findings,
): Promise<readonly Metadata<Root>[]> {
  const roots: Metadata<Root>[] = [];
  let next = anchor;
  await compareAnchor(anchor, source, findings);
  for (let version = anchor.signed.version - 1; version > 0 && roots.length < MAX_ROOTS; version -= 1) {
    const key = rootKey(version);
    const read = await findings.attempt(key, async () => {
      const found = await source.root(version);
      const earlier = found && parseRoot(found.bytes, key);
      if (earlier) verifyTopRole(earlier, earlier, 'root');
      return { earlier };
    });
    if (read && !read.earlier) findings.add('role-missing', key, `the store has no ${key}`, MISSING);
    const root = read?.earlier;
    if (!root) break;
    const follower = next;
    await findings.attempt(rootKey(version + 1), () => verifyTopRole(follower, root, 'root'));
    roots.unshift(root);
    next = root;
  }
  return roots;
}

/** The store's own copy of the trusted root says whether this is the repository that is meant. */
async function compareAnchor(
  anchor: Metadata<Root>,
  source: MetadataSource,
  findings: Findings,
): Promise<void> {
  const { version } = anchor.signed;
  const key = rootKey(version);
  const copy = await findings.attempt(key, async () => {
    const found = await source.root(version);
    return { root: found && parseRoot(found.bytes, key) };
  });
  if (!copy) return;
  if (!copy.root) {
    findings.add('role-missing', key, `the store has no ${key}, which is trusted`, BEHIND);
  } else if (!equalBytes(canonicalJson(copy.root.document), canonicalJson(anchor.document))) {
    findings.add(
      'root-differs',
      key,
      `${key} is another root than the trusted one of version ${version}`,
      'Check the address and the root: this is the repository of another project, or someone replaced its root.',
    );
  }
}
