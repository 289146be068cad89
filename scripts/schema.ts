// Writes schema/ota.schema.json from the schema that the release file is checked with. A test holds it current.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { releaseFileJsonSchema } from '../src/bundle/release-file/json-schema.ts';

writeFileSync(fileURLToPath(new URL('../schema/ota.schema.json', import.meta.url)), releaseFileJsonSchema());
