import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/digest.ts';
import type { Version } from '../../../src/core/names.ts';
import { changePages, PAGE_RELEASES, pageOf } from '../../../src/publish/archive-pages.ts';
import {
  type ArchivedRelease,
  type ArchivePageRef,
  encodeArchivePage,
  parseArchivePage,
} from '../../../src/repository/archive.ts';
import { PRODUCT, version } from '../../support/release.ts';

const digest = { length: 1, sha256: 'a'.repeat(64) };
const release = (text: string): ArchivedRelease => ({
  version: version(text),
  sequence: 1,
  archived: 0,
  time: 0,
  manifest: digest,
  signatures: digest,
});

/** An archive in memory that counts what is read and made. */
class Pages {
  pages: readonly ArchivePageRef[] = [];
  readonly stored = new Map<string, Uint8Array>();
  reads = 0;
  made = 0;

  read = async (page: ArchivePageRef): Promise<readonly ArchivedRelease[]> => {
    this.reads += 1;
    return parseArchivePage(this.stored.get(page.sha256) ?? new Uint8Array(), 'page');
  };

  async change(added: readonly string[], removed: readonly string[] = []): Promise<void> {
    const result = await changePages({
      product: PRODUCT,
      pages: this.pages,
      added: added.map(release),
      removed: removed.map(version),
      read: this.read,
    });
    for (const { sha256: name, bytes } of result.made) this.stored.set(name, bytes);
    this.made += result.made.length;
    this.pages = result.pages;
  }

  async versions(): Promise<readonly Version[]> {
    const all = [];
    for (const page of this.pages) all.push(...(await this.read(page)));
    return all.map((item) => item.version);
  }
}

const lower = (a: string, b: string) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);

describe('changePages', () => {
  it('fills the last page before it begins another, and reads and makes no more than one for each release', async () => {
    const pages = new Pages();
    const count = 3 * PAGE_RELEASES + 1;
    for (let number = 0; number < count; number += 1)
      await pages.change([`1.${String(number).padStart(4, '0')}`]);
    expect(pages.pages.map((page) => page.count)).toEqual([PAGE_RELEASES, PAGE_RELEASES, PAGE_RELEASES, 1]);
    expect(pages.reads).toBeLessThan(count);
    expect(pages.made).toBeLessThan(count + pages.pages.length);
    expect(await pages.versions()).toHaveLength(count);
  });

  it('leaves the pages that do not change as they are', async () => {
    const pages = new Pages();
    const many = Array.from(
      { length: 5 * PAGE_RELEASES },
      (_, number) => `1.${String(number).padStart(4, '0')}`,
    );
    await pages.change(many);
    const before = pages.pages;
    await pages.change(['1.0100.1']);
    const kept = before.filter(({ sha256: name }) => pages.pages.some((page) => page.sha256 === name));
    expect(kept).toHaveLength(before.length - 1);
    expect(pages.pages).toHaveLength(before.length + 1);
  });

  it('holds exactly what was put in and not taken out, in order, each found by its page alone', async () => {
    const versions = fc.uniqueArray(
      fc.stringMatching(/^[0-9][0-9A-Za-z-]{0,3}$/).filter((text) => !text.endsWith('.')),
      { maxLength: 300, selector: (text) => text.toLowerCase() },
    );
    await fc.assert(
      fc.asyncProperty(versions, fc.integer({ min: 1, max: 90 }), async (all, step) => {
        const pages = new Pages();
        for (let at = 0; at < all.length; at += step) await pages.change(all.slice(at, at + step));
        const removed = all.filter((_, index) => index % 3 === 0);
        await pages.change([], removed);
        const kept = all.filter((_, index) => index % 3 !== 0).sort(lower);
        expect(await pages.versions()).toEqual(kept);
        for (const page of pages.pages) expect(page.count).toBeLessThanOrEqual(PAGE_RELEASES);
        for (const text of all) {
          const page = pageOf(pages, version(text.toUpperCase()));
          const found = page ? (await pages.read(page)).some((item) => item.version === text) : false;
          expect({ text, found }).toEqual({ text, found: kept.includes(text) });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same bytes for the same releases', () => {
    const page = [release('1.0.0'), release('1.1.0')];
    expect(sha256(encodeArchivePage(PRODUCT, page))).toBe(sha256(encodeArchivePage(PRODUCT, [...page])));
    expect(parseArchivePage(encodeArchivePage(PRODUCT, page), 'page')).toEqual(page);
  });
});
