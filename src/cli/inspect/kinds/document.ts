import type { JsonValue } from '../../../core/json/value.ts';
import { printable } from '../../../core/printable.ts';
import { plainKind } from '../kind.ts';
import { documentOf } from '../subject.ts';

interface Document {
  readonly document: JsonValue;
}

/** Any other JSON object. */
export const documentKind = plainKind<Document>({
  kind: 'document',
  recognises: (subject) => !subject.folder && subject.json !== undefined,
  read: async (subject) => ({ document: documentOf(subject).document }),
  lines: ({ document }) => jsonLines(document),
});

/** A file that was not verified may say anything, to the terminal too. */
const jsonLines = (document: JsonValue): string[] =>
  JSON.stringify(document, null, 2).split('\n').map(printable);
