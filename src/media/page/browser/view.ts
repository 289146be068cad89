import { formatSize } from '../../../core/sizes.ts';
import type { MediaLayout } from '../../layout.ts';
import type { VerifiedMedium } from '../medium.ts';
import { type Findings, type Verdict, verdictOf } from '../verdict.ts';
import { contentsView } from './contents-view.ts';
import { byId, el } from './dom.ts';
import { filesSummary, filesView } from './files-view.ts';
import { rolesView } from './roles-view.ts';
import { verdictView } from './verdict-view.ts';

/** All that the page shows. */
export interface Shown {
  readonly findings: Findings;
  /** Absent where what is on it does not even hang together. */
  readonly medium: VerifiedMedium | undefined;
  /** Whether it follows from a typed fingerprint. */
  readonly isProven: boolean;
  readonly layout: MediaLayout;
  /** Paths of chosen files that are not on the list. */
  readonly unknown: readonly string[];
  /** Whether it is another medium than the one that this page was made for. */
  readonly isOther: boolean;
}

/** The page as it stands in the browser. */
export class View {
  #told = '';

  show({ findings, medium, isProven, layout, unknown, isOther }: Shown): void {
    this.#verdict(verdictOf(findings));
    byId('title', HTMLElement).textContent = titleOf(layout);
    byId('subtitle', HTMLElement).textContent =
      `for ${[...new Set(layout.for.flatMap(({ hardware }) => hardware))].join(', ')}`;
    byId('contents-note', HTMLElement).textContent = noteOf(isProven, medium !== undefined, isOther);
    fill('contents', medium ? contentsView(medium, findings.now) : []);
    const { files } = findings;
    byId('files-summary', HTMLElement).textContent =
      files.length === 0
        ? 'They cannot be told before the medium can be checked.'
        : filesSummary(files, unknown, isProven);
    fill('files-table', files.length === 0 ? [] : [filesView(files, unknown, isProven)]);
    byId('details', HTMLElement).hidden = !(isProven && medium);
    fill('roles', isProven && medium ? rolesView(medium) : []);
  }

  /** The data of the page itself cannot be read. */
  broken(why: string): void {
    this.#verdict({
      mood: 'bad',
      headline: 'This page is damaged',
      why: [why],
      todo: 'Copy the medium again, or check it with “ota media verify” on a computer.',
    });
  }

  /** What is wrong with what was typed; nothing for an empty text. */
  slip(message: string): void {
    byId('fingerprint-fault', HTMLElement).textContent = message;
    byId('fingerprint', HTMLTextAreaElement).setAttribute('aria-invalid', String(message !== ''));
  }

  chooseFault(message: string): void {
    byId('choose-fault', HTMLElement).textContent = message;
  }

  /** @param key the file that is being read; `undefined` at the end */
  progress(key: string | undefined, done: number, total: number): void {
    byId('progress', HTMLElement).hidden = key === undefined;
    byId('progress-text', HTMLElement).textContent =
      key === undefined ? '' : `Reading ${formatSize(done)} of ${formatSize(total)}`;
    byId('progress-bar', HTMLProgressElement).value = total === 0 ? 1 : done / total;
  }

  /** Tells a verdict once: a screen reader reads it whenever it is replaced. */
  #verdict(verdict: Verdict): void {
    const text = JSON.stringify(verdict);
    if (text === this.#told) return;
    this.#told = text;
    const box = byId('verdict', HTMLElement);
    box.className = `verdict ${verdict.mood}`;
    box.replaceChildren(...verdictView(verdict));
  }
}

const titleOf = ({ for: products }: MediaLayout): string =>
  products
    .map(({ product, releases }) => [product, ...new Set(releases.map(({ version }) => version))].join(' '))
    .join(', ');

function noteOf(isProven: boolean, isSound: boolean, isOther: boolean): string {
  const other = isOther
    ? 'This is what the chosen folder holds: another medium than the one this page came on. '
    : '';
  if (!isSound) return `${other}Nothing is shown, since what is on it does not hang together.`;
  return isProven
    ? `${other}Read from lists whose signatures follow from the fingerprint that you typed.`
    : `${other}As the medium says of itself; not checked against a fingerprint yet.`;
}

function fill(id: string, content: readonly HTMLElement[]): void {
  byId(id, HTMLElement).replaceChildren(...(content.length === 0 ? [el('span', '')] : content));
}
