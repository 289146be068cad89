import { z } from 'zod';
import { releaseFileSchema } from './schema.ts';

/** The release file as JSON Schema (2020-12), for editors: what a person may write, before defaults are filled in. */
export const releaseFileJsonSchema = (): string =>
  `${JSON.stringify({ title: 'ota release file', ...z.toJSONSchema(releaseFileSchema, { io: 'input' }) }, null, 2)}\n`;
