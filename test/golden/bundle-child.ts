// Bundles the product of a folder, as a process of its own: folder, output, umask and SOURCE_DATE_EPOCH are arguments.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBundle } from '../../src/bundle/create.ts';
import { parseReleaseFile } from '../../src/bundle/release-file/parse.ts';

const [folder = '', output = '', umask = '22', epoch = '0'] = process.argv.slice(2);
process.umask(Number.parseInt(umask, 8));
const content = parseReleaseFile(readFileSync(join(folder, 'ota.yaml'), 'utf8'), 'ota.yaml');
await createBundle({ content, folder, output, sourceDateEpoch: Number(epoch) });
