import chalk from 'chalk';
import { parseSignatures } from '../../../bundle/signatures-region.ts';
import { plainKind } from '../kind.ts';
import { signatureLines } from '../signatures.ts';
import { documentOf, hasType } from '../subject.ts';

/** The signatures of a bundle, apart from the manifest that they sign. */
export const signaturesKind = plainKind<{ readonly claimed: readonly string[] }>({
  kind: 'signatures',
  recognises: (subject) => hasType(subject, 'ota-signatures'),
  read: async (subject) => ({
    claimed: parseSignatures(documentOf(subject).bytes, subject.path).map(({ keyid }) => keyid),
  }),
  lines: ({ claimed }) => [
    `${chalk.bold('The signatures of a bundle')}, ${claimed.length} of them`,
    ...signatureLines({ claimed }).slice(1),
    chalk.dim('  (they sign the manifest of the same release: inspect or verify the bundle)'),
  ],
});
