import { z } from 'zod';
import { releaseFileSchema } from './schema.ts';

/** A list of short texts that JSON.stringify spreads over lines. */
const TEXT_LIST = /\[\n\s+("[^"\n]*"(?:,\n\s+"[^"\n]*")*)\n\s+\]/g;

/** The release file as JSON Schema (2020-12), for editors: what a person may write, before defaults are filled in. */
export function releaseFileJsonSchema(): string {
  const schema = { title: 'ota release file', ...z.toJSONSchema(releaseFileSchema, { io: 'input' }) };
  const text = JSON.stringify(schema, null, 2);
  return `${text.replace(TEXT_LIST, (_, items: string) => `[${items.replace(/,\n\s+/g, ', ')}]`)}\n`;
}
