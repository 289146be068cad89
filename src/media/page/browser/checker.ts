import { MEDIA_FILE, type MediaLayout, parseMediaLayout } from '../../layout.ts';
import type { PageData } from '../data.ts';
import { isForPage, isSameMedium } from '../other-medium.ts';
import { type Picked, type Sorted, sortPicked } from '../picked.ts';
import { type Answer, answerTo, type Found, findingsOf, type Said, saidBy } from '../session.ts';
import type { FileState } from '../verdict.ts';
import { bytesOf, digestOf, Stopped } from './read.ts';
import type { View } from './view.ts';

/** What a person does with the page, and what comes of it. */
export class Checker {
  readonly #view: View;
  #data: PageData;
  #said: Promise<Said>;
  #typed: string | undefined;
  #answer: Answer | undefined;
  #states = new Map<string, FileState>();
  #list: Found['list'];
  #unknown: readonly string[] = [];
  #isOther = false;
  #reading = new AbortController();

  constructor(data: PageData, view: View) {
    this.#data = data;
    this.#view = view;
    this.#said = saidBy(data);
    void this.#show();
  }

  async typed(text: string): Promise<void> {
    this.#typed = text;
    const answer = await answerTo(this.#data, text);
    if (this.#typed !== text) return;
    this.#answer = answer;
    this.#view.slip(answer.kind === 'slip' ? answer.message : '');
    await this.#show();
  }

  untyped(): void {
    this.#typed = undefined;
    this.#view.slip('');
    if (this.#answer === undefined) return;
    this.#answer = undefined;
    void this.#show();
  }

  async chosen(picked: readonly Picked<File>[]): Promise<void> {
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.#view.chooseFault('');
    try {
      const sorted = await this.#sort(picked);
      if (signal.aborted) return;
      await this.#read(sorted, signal);
    } catch (error) {
      if (!(error instanceof Stopped))
        this.#view.chooseFault(`What was chosen cannot be read: ${String(error)}`);
    }
  }

  /** Finds out what was chosen. A whole medium that is not this page's takes its place. */
  async #sort(picked: readonly Picked<File>[]): Promise<Sorted<File>> {
    const keys = ({ layout }: PageData) => layout.files.map(({ key }) => key);
    let sorted = sortPicked(picked, keys(this.#data));
    this.#list = sorted.unfinished ? 'missing' : undefined;
    if (!sorted.whole || !sorted.list) return sorted;
    const layout = layoutOf(await bytesOf(sorted.list));
    if (layout === undefined) {
      this.#list = 'damaged';
    } else if (!isSameMedium(layout, this.#data.layout)) {
      sorted = sortPicked(
        picked,
        layout.files.map(({ key }) => key),
      );
      this.#data = await dataOf(layout, sorted);
      this.#said = saidBy(this.#data);
      this.#isOther = true;
      this.#states = new Map();
      if (this.#typed !== undefined) this.#answer = await answerTo(this.#data, this.#typed);
    }
    return sorted;
  }

  async #read({ found, torn, unknown, whole, unfinished }: Sorted<File>, signal: AbortSignal): Promise<void> {
    this.#unknown = unknown;
    const jobs = this.#data.layout.files.flatMap((file) => {
      const files = found.get(file.key);
      if (files) return [{ file, files }];
      if (torn.has(file.key)) this.#states.set(file.key, 'torn');
      else if (whole || unfinished) this.#states.set(file.key, 'missing');
      return [];
    });
    for (const { file } of jobs) this.#states.set(file.key, 'reading');
    if (jobs.length === 0 && !whole && !unfinished)
      this.#view.chooseFault(
        'None of the chosen files is on the list of this medium. Did you choose its folder?',
      );
    await this.#show();
    const total = jobs.reduce(
      (sum, { files }) => sum + files.reduce((bytes, { size }) => bytes + size, 0),
      0,
    );
    let done = 0;
    for (const { file, files } of jobs) {
      const state = await stateOf(file, files, signal, (bytes) => {
        done += bytes;
        this.#view.progress(file.key, done, total);
      });
      if (signal.aborted) throw new Stopped();
      this.#states.set(file.key, state);
    }
    this.#view.progress(undefined, total, total);
    await this.#show();
  }

  async #show(): Promise<void> {
    const said = await this.#said;
    const answer = this.#answer?.kind === 'slip' ? undefined : this.#answer;
    const now = Math.floor(Date.now() / 1000);
    this.#view.show({
      findings: findingsOf({ said, answer, states: this.#states, list: this.#list }, now),
      medium: answer?.kind === 'held' ? answer.medium : 'medium' in said ? said.medium : undefined,
      isProven: answer?.kind === 'held',
      layout: this.#data.layout,
      unknown: this.#unknown,
      isOther: this.#isOther,
    });
  }
}

async function stateOf(
  expected: { readonly length: number; readonly sha256: string },
  files: readonly File[],
  signal: AbortSignal,
  read: (bytes: number) => void,
): Promise<FileState> {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size !== expected.length) {
    read(size);
    return 'changed';
  }
  try {
    return (await digestOf(files, read, signal)).sha256 === expected.sha256 ? 'genuine' : 'changed';
  } catch (error) {
    if (error instanceof Stopped) throw error;
    return 'unreadable';
  }
}

function layoutOf(bytes: Uint8Array): MediaLayout | undefined {
  try {
    return parseMediaLayout(bytes, MEDIA_FILE);
  } catch {
    return undefined;
  }
}

/** What a page of another medium would hold. */
async function dataOf(layout: MediaLayout, { found }: Sorted<File>): Promise<PageData> {
  const files = new Map<string, Uint8Array>();
  for (const file of layout.files) {
    const [first, ...more] = found.get(file.key) ?? [];
    if (first && more.length === 0 && isForPage({ key: file.key, length: first.size }))
      files.set(file.key, await bytesOf(first));
  }
  return { layout, files };
}
