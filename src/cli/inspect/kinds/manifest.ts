import chalk from 'chalk';
import { MANIFEST_TYPE, type Manifest } from '../../../bundle/manifest.ts';
import { parseManifest } from '../../../bundle/parse-manifest.ts';
import { sha256 } from '../../../core/digest.ts';
import { plainKind } from '../kind.ts';
import { documentOf, hasType } from '../subject.ts';
import { manifestLines } from './bundle.ts';

interface FoundManifest {
  readonly sha256: string;
  readonly manifest: Manifest;
}

export const manifestKind = plainKind<FoundManifest>({
  kind: 'manifest',
  recognises: (subject) => hasType(subject, MANIFEST_TYPE),
  read: async (subject) => {
    const { bytes } = documentOf(subject);
    return { sha256: sha256(bytes), manifest: parseManifest(bytes, subject.path) };
  },
  lines: ({ sha256: digest, manifest }) => [
    `${chalk.bold(`${manifest.product} ${manifest.version}`)}, a manifest for ${manifest.hardware.join(', ')}`,
    ...manifestLines(manifest),
    `  sha256 ${digest}`,
    chalk.dim('  (its signatures are in signatures.json, apart)'),
  ],
});
