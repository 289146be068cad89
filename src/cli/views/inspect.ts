import chalk from 'chalk';
import type { JsonValue } from '../../core/json/value.ts';
import { printable } from '../../core/printable.ts';
import { formatSize } from '../../core/sizes.ts';
import type { Inspection } from '../inspect.ts';
import { componentTable } from './bundle.ts';
import { keyLines } from './key.ts';

/** What a file is and says, for a person. */
export function inspectionLines(found: Inspection): string[] {
  switch (found.kind) {
    case 'bundle':
      return [
        `${chalk.bold(`${found.manifest.product} ${found.manifest.version}`)}, a bundle of ${formatSize(found.length)} ` +
          `for ${found.manifest.hardware.join(', ')}`,
        ...componentTable(found.manifest),
        ...found.manifest.extras.map(({ name, length }) => `  extra ${name}, ${formatSize(length)}`),
        `  manifest ${found.manifestSha256}`,
        signedBy(found.signedBy),
        chalk.dim('  (shown as it stands; ota verify checks it)'),
      ];
    case 'manifest':
      return [
        `${chalk.bold(`${found.manifest.product} ${found.manifest.version}`)}, a manifest`,
        ...componentTable(found.manifest),
      ];
    case 'role':
      return [
        `${chalk.bold(printable(`${found.type} version ${found.version}`))}, a role that expires at ${printable(found.expires)}`,
        signedBy(found.signedBy),
        ...jsonLines(found.signed),
      ];
    case 'public-key':
      return [`${chalk.bold('A public key')} (Ed25519)`, ...keyLines(found)];
    case 'delta': {
      const { header } = found;
      return [
        `${chalk.bold('A delta')} of ${formatSize(found.length)}, coded with ${header.coder}`,
        `  from  ${header.old.sha256}  ${formatSize(header.old.length)}`,
        `  to    ${header.new.sha256}  ${formatSize(header.new.length)}`,
        `  applying it takes ${formatSize(header.memory)} of memory`,
      ];
    }
    case 'document':
      return jsonLines(found.document);
  }
}

/** A file that was not verified may say anything, to the terminal too. */
const jsonLines = (document: JsonValue): string[] =>
  JSON.stringify(document, null, 2).split('\n').map(printable);

const signedBy = (keyids: readonly string[]): string =>
  keyids.length === 0
    ? `  ${chalk.yellow('not signed')}`
    : `  signed by ${keyids.map((keyid) => printable(keyid.slice(0, 16))).join(', ')}`;
