import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { equalBytes } from '../core/bytes.ts';
import { type Sealed, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { JsonObject } from '../core/json/value.ts';
import { type Name, parseName } from '../core/names.ts';
import { channelsRole, productRole, targetKey } from '../repository/layout.ts';
import type { TargetFile, Targets } from '../repository/model.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import type { SigningRequest } from '../requests/model.ts';
import { readProposed } from '../requests/proposed.ts';
import type { Store } from '../storage/store.ts';
import { isPresent } from './objects.ts';
import type { RepositoryState } from './repository-state.ts';

/** A staged publication: what a request says of it. */
export interface Staged {
  readonly product: Name;
  /** The signed parts of the roles, where they are in the request. */
  readonly documents: { readonly product?: JsonObject; readonly channels?: JsonObject };
  readonly roles: { readonly product?: Targets; readonly channels?: Targets };
  /** The release that becomes genuine; absent where a role is renewed. */
  readonly release?: { readonly manifest: Manifest; readonly sealed: Sealed };
}

/**
 * Reads a request as what `stagePublish` made.
 *
 * @throws OtaError `request-invalid` for one that changes other roles
 */
export function readStaged(request: SigningRequest): Staged {
  const published = new Map(
    [...request.chain.roles].map(([name, bytes]) => [name, parseTargets(bytes, name)] as const),
  );
  const { roles } = readProposed(request, published);
  const names = request.documents.flatMap((item) => (item.type === 'role' ? [item.role] : []));
  const manifests = request.documents.flatMap((item) => (item.type === 'manifest' ? [item.bytes] : []));
  const [first = ''] = names;
  if (first === '' || first === 'root' || first === 'targets') throw notStaged(names);
  const product = parseName(first.split('.')[0] ?? '', 'the product');
  const known = names.every((name) => name === productRole(product) || name === channelsRole(product));
  if (!known || manifests.length > 1) throw notStaged(names);
  const find = (name: string) =>
    request.documents.flatMap((item) => (item.type === 'role' && item.role === name ? [item.signed] : []))[0];
  const [own, channels] = [find(productRole(product)), find(channelsRole(product))];
  const [ownRole, channelRole] = [roles.get(productRole(product)), roles.get(channelsRole(product))];
  const bytes = manifests[0];
  return {
    product,
    documents: { ...(own ? { product: own } : {}), ...(channels ? { channels } : {}) },
    roles: {
      ...(ownRole ? { product: ownRole.signed } : {}),
      ...(channelRole ? { channels: channelRole.signed } : {}),
    },
    ...(bytes ? { release: { manifest: parseManifest(bytes), sealed: seal(bytes) } } : {}),
  };
}

/** Whether a role is published already as a request has it: an earlier run got that far. */
export const isDone = (
  published: { readonly document: JsonObject } | undefined,
  document: JsonObject | undefined,
): boolean =>
  document === undefined ||
  (published !== undefined && equalBytes(canonicalJson(published.document), canonicalJson(document)));

/**
 * Requires what is published to be what the request was made on top of.
 *
 * @throws OtaError `request-stale`
 */
export function checkBase({ chain }: SigningRequest, staged: Staged, state: RepositoryState): void {
  const { product, documents } = staged;
  const base = (name: string): Uint8Array | undefined => chain.roles.get(name);
  const moved = [
    ...(same(chain.roots.at(-1), state.root) ? [] : ['root']),
    ...(same(base('targets'), state.targets) ? [] : ['targets']),
    ...(isDone(state.product, documents.product) || same(base(productRole(product)), state.product)
      ? []
      : [productRole(product)]),
    ...(isDone(state.channels, documents.channels) || same(base(channelsRole(product)), state.channels)
      ? []
      : [channelsRole(product)]),
  ];
  if (moved.length > 0) throw stale(`${moved.join(', ')} changed since it was made`);
}

/**
 * Requires every file that a role is going to list anew to be in the store.
 *
 * @throws OtaError `request-stale`; what the store throws
 */
export async function checkTargets(
  store: Store,
  before: Targets | undefined,
  after: Targets | undefined,
  brought: ReadonlySet<string>,
): Promise<void> {
  for (const [path, file] of after?.targets ?? []) {
    if (brought.has(path) || before?.targets.get(path)?.sha256 === file.sha256) continue;
    if (!(await isPresent(store, targetKey(path, file.sha256), digestOf(file)))) {
      throw stale(`${path} is not in the store any more`);
    }
  }
}

const digestOf = ({ length, sha256 }: TargetFile) => ({ length, sha256 });

const same = (bytes: Uint8Array | undefined, role: { readonly sealed: Sealed } | undefined): boolean =>
  bytes === undefined || role === undefined ? bytes === role : equalBytes(bytes, role.sealed.bytes);

const stale = (why: string): OtaError =>
  new OtaError('request-stale', `the request no longer follows what is published: ${why}`, {
    hint: 'Nothing is lost: stage it again (the same command with --stage), and have the new request signed.',
  });

const notStaged = (names: readonly string[]): OtaError =>
  new OtaError(
    'request-invalid',
    `the request changes ${names.join(', ') || 'no role'}, and is no staged publication`,
    {
      hint: 'A change of keys is published by "ota root"; see its help.',
    },
  );
