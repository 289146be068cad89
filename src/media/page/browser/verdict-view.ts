import type { Verdict } from '../verdict.ts';
import { el } from './dom.ts';

const SIGNS = { good: '✓', bad: '✕', warn: '!', open: '?' } as const;

/** The verdict, told by words and a sign as much as by colour. */
export function verdictView({ mood, headline, why, todo }: Verdict): readonly HTMLElement[] {
  const sign = el('span', 'sign', SIGNS[mood]);
  sign.setAttribute('aria-hidden', 'true');
  const reasons =
    why.length === 1 ? el('p', '', why[0] ?? '') : el('ul', '', ...why.map((line) => el('li', '', line)));
  return [sign, el('div', '', el('p', 'headline', headline), reasons, el('p', 'todo', todo))];
}
