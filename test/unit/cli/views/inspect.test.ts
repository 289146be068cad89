import { expect, test } from 'vitest';
import { inspectionLines } from '../../../../src/cli/views/inspect.ts';

const EVIL = '\u001b]0;x\u0007\u009b2J\u202e';
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

test.each([
  {
    kind: 'role',
    path: 'root.json',
    type: EVIL,
    version: 1,
    expires: EVIL,
    signedBy: [EVIL],
    signed: { [EVIL]: EVIL },
  },
  { kind: 'document', path: 'a.json', document: { [EVIL]: [EVIL] } },
] as const)('nothing that a $kind says reaches the terminal as a control', (found) => {
  const lines = inspectionLines(found).map((line) => line.replaceAll(COLOURS, ''));
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(lines.join('\n')).toContain('\\u202e');
});

test('a document keeps its lines and its letters', () => {
  expect(inspectionLines({ kind: 'document', path: 'a', document: { ä: '東京' } })).toEqual([
    '{',
    '  "ä": "東京"',
    '}',
  ]);
});
