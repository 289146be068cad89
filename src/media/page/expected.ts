import type { Digest } from '../../core/digest.ts';
import { sameDigest, seal } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { Version } from '../../core/names.ts';
import { parseDeltaCustom, parsePayloadCustom } from '../../repository/custom.ts';
import { targetKey } from '../../repository/layout.ts';
import type { TargetFile } from '../../repository/model.ts';
import { type MediaFile, PAGE_FILE } from '../layout.ts';
import type { ProductContents } from './contents.ts';
import type { PageData } from './data.ts';

/** A file that a medium should hold. */
export interface Expected extends Digest {
  readonly key: string;
  /** What it is, in a few words. */
  readonly what: string;
  /** Whether its digest is signed; what is not, no device relies on. */
  readonly signed: boolean;
}

/**
 * The files of a medium with what signatures say of them: those of targets from their roles, those of metadata as they were verified.
 *
 * @throws OtaError `digest-mismatch` where the list of the medium, which nobody signs, says otherwise of a signed file; `role-missing`
 *   for metadata that is listed and not there
 */
export function expectedFiles(
  { layout, files }: PageData,
  products: readonly ProductContents[],
  consistent: boolean,
): readonly Expected[] {
  const signed = new Map<string, { readonly digest: Digest; readonly what: string }>();
  for (const product of products) {
    const versions = versionsByImage(product);
    for (const role of product.roles)
      for (const [path, target] of role.signed.targets) {
        signed.set(targetKey(path, consistent ? target.sha256 : undefined), {
          digest: target,
          what: whatOf(path, target, versions),
        });
      }
  }
  return layout.files
    .filter(({ key }) => key !== PAGE_FILE)
    .map((file) => {
      const known = file.key.startsWith('metadata/') ? metadataOf(file, files) : signed.get(file.key);
      if (!known) return { ...file, what: 'not signed: no device relies on it', signed: false };
      if (sameDigest(known.digest, file)) return { ...file, what: known.what, signed: true };
      throw new OtaError(
        'digest-mismatch',
        `the list of the medium has another digest of ${file.key} than is signed`,
        {
          where: file.key,
        },
      );
    });
}

function metadataOf({ key }: MediaFile, files: ReadonlyMap<string, Uint8Array>) {
  const bytes = files.get(key);
  if (!bytes)
    throw new OtaError('role-missing', `the medium lists ${key}, and this page does not hold it`, {
      where: key,
    });
  const [, version, role] = /^metadata\/(?:(\d+)\.)?(.+)\.json$/.exec(key) ?? [];
  return {
    digest: seal(bytes),
    what: `signed list “${role ?? key}”${version === undefined ? '' : `, version ${version}`}`,
  };
}

/** Which releases have an image, by its digest: so that a delta can be told by the release that it leads from. */
function versionsByImage({ roles }: ProductContents): ReadonlyMap<string, readonly Version[]> {
  const versions = new Map<string, Version[]>();
  for (const { signed } of roles)
    for (const [path, { custom }] of signed.targets) {
      if (custom === undefined || !('image' in custom)) continue;
      const { sha256 } = parsePayloadCustom(custom, path).image;
      const release = path.split('/')[1] as Version;
      versions.set(sha256, [...(versions.get(sha256) ?? []), release]);
    }
  return versions;
}

const DOCUMENTS: Readonly<Record<string, string>> = {
  'manifest.json': 'what it is made of',
  'signatures.json': 'signatures of its bundle',
};

function whatOf(
  path: string,
  { custom }: TargetFile,
  versions: ReadonlyMap<string, readonly Version[]>,
): string {
  const [product = '', release = '', name = ''] = path.split('/');
  if (release === 'channels')
    return name === '_recalled.json'
      ? `${product}: releases that were recalled`
      : `${product}: channel ${name.replace(/\.json$/, '')}`;
  const of = `${product} ${release}`;
  if (custom !== undefined && 'delta' in custom) {
    const { component, delta } = parseDeltaCustom(custom, path);
    const from = versions.get(delta.base.sha256)?.join(', ');
    return `${of}: changes to ${component}${from === undefined ? '' : ` from ${from}`}`;
  }
  if (custom !== undefined && 'image' in custom) {
    const { component, version } = parsePayloadCustom(custom, path);
    return `${of}: ${component} ${version} in full`;
  }
  if (name.startsWith('extra_')) return `${of}: ${name.slice('extra_'.length)}`;
  return `${of}: ${DOCUMENTS[name] ?? name}`;
}
