import { formatSize } from '../../../core/sizes.ts';
import type { FileState, Findings } from '../verdict.ts';
import { el, table } from './dom.ts';

type Line = Findings['files'][number];

const STATES: Readonly<Record<FileState, readonly [sign: string, text: string, mood: string]>> = {
  changed: ['✕', 'changed', 'bad-text'],
  missing: ['✕', 'missing', 'bad-text'],
  torn: ['✕', 'a part is missing', 'bad-text'],
  unreadable: ['✕', 'cannot be read', 'bad-text'],
  reading: ['…', 'being read', 'soft'],
  genuine: ['✓', 'genuine', 'good-text'],
  unchosen: ['·', 'not chosen', 'soft'],
};
/** In the order in which they matter. */
const ORDER = Object.keys(STATES) as readonly FileState[];
const FAULTS: ReadonlySet<FileState> = new Set(['changed', 'missing', 'torn', 'unreadable']);

/** A sentence on all files. */
export function filesSummary(files: readonly Line[], unknown: readonly string[], isProven: boolean): string {
  const total = files.reduce((sum, { length }) => sum + length, 0);
  const counts = new Map<string, number>();
  for (const file of files) {
    const text = stateText(file, isProven);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const all = `${files.length} files, ${formatSize(total)}: ${[...counts].map(([text, count]) => `${count} ${text}`).join(', ')}.`;
  return unknown.length === 0
    ? all
    : `${all} ${unknown.length} more ${unknown.length === 1 ? 'is' : 'are'} not on the list; devices ignore ${unknown.length === 1 ? 'it' : 'them'}.`;
}

/** All files, those with faults first. */
export function filesView(
  files: readonly Line[],
  unknown: readonly string[],
  isProven: boolean,
): HTMLElement {
  const sorted = [...files].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const list = el(
    'details',
    '',
    el('summary', '', 'All files'),
    table(
      'Files of the medium',
      ['What it is', 'State', 'Size', 'File'],
      [
        ...unknown.map((path) => [
          'unknown',
          mark('✕', 'not on the list', 'bad-text'),
          '',
          el('code', '', path),
        ]),
        ...sorted.map((file) => [
          file.what,
          mark(STATES[file.state][0], stateText(file, isProven), STATES[file.state][2]),
          formatSize(file.length),
          el('code', '', shortened(file.key)),
        ]),
      ],
    ),
  );
  list.open = unknown.length > 0 || sorted.some(({ state }) => FAULTS.has(state));
  return list;
}

/** A key without most of the digest in it, which tells a person nothing. */
const shortened = (key: string): string => key.replace(/([0-9a-f]{8})[0-9a-f]{56}\./, '$1….');

/** A file is only as genuine as the signatures that it was compared with. */
const stateText = ({ state, signed }: Line, isProven: boolean): string =>
  state === 'genuine' && !(signed && isProven) ? 'as listed' : STATES[state][1];

function mark(sign: string, text: string, mood: string): HTMLElement {
  const drawn = el('span', 'mark', sign);
  drawn.setAttribute('aria-hidden', 'true');
  return el('span', `state ${mood}`, drawn, text);
}
