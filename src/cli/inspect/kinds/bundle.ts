import chalk from 'chalk';
import { namingBundle } from '../../../bundle/damage.ts';
import type { Manifest } from '../../../bundle/manifest.ts';
import { openBundle } from '../../../bundle/open.ts';
import { validSignatures } from '../../../bundle/signatures.ts';
import { parseSignatures } from '../../../bundle/signatures-region.ts';
import { formatSize } from '../../../core/sizes.ts';
import { componentTable } from '../../views/bundle.ts';
import type { Context, Kind } from '../kind.ts';
import { notVerified, type SignatureReport, signatureLines, signatureReport } from '../signatures.ts';
import { type FileSubject, fileOf } from '../subject.ts';
import { releaseAuthority } from '../trust.ts';

interface Bundle {
  readonly length: number;
  readonly manifestSha256: string;
  readonly signatures: SignatureReport;
  readonly manifest: Manifest;
}

export const bundleKind: Kind = {
  kind: 'bundle',
  recognises: (subject) => !subject.folder && subject.start.startsWith('manifest.json\0'),
  inspect: async (subject, context) => {
    const found = await readBundle(fileOf(subject), context);
    return { found, lines: bundleLines(found), met: found.signatures.met };
  },
};

const readBundle = ({ path, file }: FileSubject, { trust, verify }: Context): Promise<Bundle> =>
  namingBundle(path, async () => {
    const { manifest, sealed, signatures: region } = await openBundle(file);
    const authority = releaseAuthority(await trust(), manifest.product);
    const claimed = parseSignatures(region.bytes);
    const valid = verify ? validSignatures(sealed.bytes, claimed, authority?.keys ?? new Map()) : undefined;
    const keyids = claimed.map(({ keyid }) => keyid);
    const signatures = signatureReport(keyids, authority, valid);
    return { length: file.length, manifestSha256: sealed.sha256, signatures, manifest };
  });

const bundleLines = ({ length, manifestSha256, manifest, signatures }: Bundle): readonly string[] => [
  `${chalk.bold(`${manifest.product} ${manifest.version}`)}, a bundle of ${formatSize(length)} for ` +
    manifest.hardware.join(', '),
  ...manifestLines(manifest),
  `  manifest ${manifestSha256}`,
  ...signatureLines(signatures),
  ...notVerified(signatures),
];

/** The components and extras of a manifest. */
export const manifestLines = (manifest: Manifest): string[] => [
  ...componentTable(manifest),
  ...manifest.extras.map(({ name, length }) => `  extra ${name}, ${formatSize(length)}`),
];
