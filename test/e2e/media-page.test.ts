import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { installedBrowser, openWatched, startBrowser, type WatchedPage } from '../support/browser.ts';
import { sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { HOSTILE_NOTES, type PageMedium, pageMedium } from '../support/media-page.ts';

const executable = installedBrowser();

describe.skipIf(executable === undefined)('the page of a medium, in Chromium', () => {
  const folder = sharedFolder();
  const good = join(folder, 'good');
  let medium: PageMedium;
  let browser: Browser;
  let opened: WatchedPage | undefined;

  beforeAll(async () => {
    [browser, medium] = await Promise.all([startBrowser(executable ?? ''), pageMedium(folder)]);
    await medium.write(good);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const url = opened?.page.url();
    // Whatever was done: nothing was asked for but the page itself, and nothing was tried that its policy forbids.
    expect(opened?.requests).toEqual([url]);
    expect(opened?.complaints).toEqual([]);
    await opened?.page.context().close();
  });

  const open = async (stick = good, now = NOW + DAY) => {
    opened = await openWatched(browser, pathToFileURL(join(stick, 'ota.html')).href, now);
    const { page } = opened;
    const verdict = page.getByRole('status');
    await page.locator('#contents article, .verdict.bad').first().waitFor();
    return {
      page,
      verdict,
      type: async (fingerprint: string) => {
        await page.getByLabel(/fingerprint of the root/).fill(fingerprint);
        await page.getByRole('button', { name: 'Check the signatures' }).click();
      },
      choose: (path: string) => page.getByLabel('Choose the folder…').setInputFiles(path),
      mood: async (name: 'good' | 'bad' | 'warn' | 'open') => {
        await page.locator(`.verdict.${name}`).waitFor();
        return (await verdict.textContent()) ?? '';
      },
    };
  };

  /** A copy of the good stick, changed after it was written. */
  const damaged = (name: string, change: (stick: string) => void): string => {
    const stick = join(folder, name);
    cpSync(good, stick, { recursive: true });
    change(stick);
    return stick;
  };

  test('shows what is on it, and that it is genuine once all was checked', async () => {
    const { page, type, choose, mood } = await open();
    expect(await mood('open')).toContain('Not checked yet');
    expect(await page.title()).toBe('Update medium: gateway 1.1.0');
    const table = page.getByRole('table', { name: 'Components of release 1.1.0' });
    expect(await table.getByRole('row').allInnerTexts()).toEqual([
      expect.stringMatching(/Component.*Kind.*Version.*Size.*On the medium/s),
      expect.stringMatching(/^boot\s+bootloader\s+1\.1\.0\s+6\.8 KiB\s+in full$/),
      expect.stringMatching(/^radio\s+coprocessor\s+1\.1\.0\s+39\.1 KiB\s+in full; changes from 1\.0\.0$/),
    ]);
    const groups = medium.fingerprint(1).toUpperCase().match(/.{4}/g) ?? [];
    await type(` SHA-256: ${groups.slice(0, 8).join(' ')}\n${groups.slice(8).join(':')} `);
    await page.getByText('For specialists').waitFor();
    expect(await mood('open')).toContain('Signatures right, files not checked yet');
    await choose(good);
    expect(await mood('good')).toContain(`all ${medium.files.size} files are what was signed`);
    expect(await page.locator('#files-table .good-text').count()).toBe(medium.files.size);
  });

  test('shows notes as text, whatever is in them', async () => {
    const { page } = await open();
    expect(await page.locator('pre').textContent()).toBe(HOSTILE_NOTES);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('h1').allInnerTexts()).toEqual(['gateway 1.1.0']);
  });

  test('refuses a fingerprint of others, and takes a slip for one', async () => {
    const { page, type, mood } = await open();
    await type('0f'.repeat(32));
    expect(await mood('bad')).toContain(
      'None of the 2 roots on this medium has the fingerprint that you typed',
    );
    await type(medium.fingerprint(1).slice(1));
    expect(await mood('open')).toContain('Not checked yet');
    expect(await page.getByRole('alert').allInnerTexts()).toContainEqual(
      expect.stringContaining('63: 1 digit missing'),
    );
    await type(`${medium.fingerprint(1).slice(0, 63)}o`);
    expect(await page.getByRole('alert').allInnerTexts()).toContainEqual(
      expect.stringContaining('Is it 0 (zero)?'),
    );
  });

  test('names the file of which one byte was changed', async () => {
    const key = medium.find('.otad');
    const stick = damaged('changed', (path) => {
      const bytes = readFileSync(join(path, key));
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      writeFileSync(join(path, key), bytes);
    });
    const { type, choose, mood } = await open(stick);
    await type(medium.fingerprint(2));
    await choose(stick);
    const text = await mood('bad');
    expect(text).toContain(`changes to radio from 1.0.0 is not what was signed (${key})`);
    expect(text.match(/is not what was signed/g)).toHaveLength(1);
  });

  test('names what is missing, longer and strange, and ignores what a computer leaves', async () => {
    const boot = medium.find('/1.1.0/', '.boot');
    const stick = damaged('missing', (path) => {
      rmSync(join(path, boot));
      appendFileSync(join(path, 'metadata/timestamp.json'), '\n');
      writeFileSync(join(path, 'setup.exe'), 'MZ');
      writeFileSync(join(path, '.DS_Store'), '');
    });
    const { page, choose, mood } = await open(stick);
    await choose(stick);
    expect(await mood('bad')).toContain(`boot 1.1.0 in full is missing (${boot})`);
    await page.getByText('signed list “timestamp” is not what was signed').waitFor();
    expect(await page.locator('#files-summary').textContent()).toContain('1 more is not on the list');
    expect(await page.locator('#files-table').textContent()).toContain('setup.exe');
    expect(await page.locator('#files-table').textContent()).not.toContain('DS_Store');
  });

  test('refuses a list that is damaged or was never written', async () => {
    const cut = damaged('cut', (path) => {
      const list = readFileSync(join(path, 'ota-media.json'));
      writeFileSync(join(path, 'ota-media.json'), list.subarray(0, list.length / 2));
    });
    const { choose, mood } = await open(cut);
    await choose(cut);
    expect(await mood('bad')).toContain('The list of the medium is damaged');
    rmSync(join(cut, 'ota-media.json'));
    await choose(cut);
    await opened?.page.getByText('The list of the medium is missing').waitFor();
  });

  test('joins parts, and names the file that lacks one', async () => {
    const stick = join(folder, 'parts');
    await medium.write(stick, 15_000);
    const payload = medium.find('/1.0.0/', '.radio');
    const { page, type, choose, mood } = await open(stick);
    await type(medium.fingerprint(1));
    await choose(stick);
    await mood('good');
    rmSync(join(stick, `${payload}.part-001`));
    await choose(stick);
    expect(await mood('bad')).toContain(`is missing a part (${payload})`);
    expect(await page.locator('.verdict').textContent()).toContain('Not complete');
  });

  // Each role: test/unit/media/page/verifier.test.ts.
  test.each(['timestamp', 'gateway'])(
    'refuses a medium whose %s was changed, and the page with it',
    async (role) => {
      const keys = [...medium.files.keys()].filter((key) =>
        new RegExp(`^metadata/(?:\\d+\\.)?${role.replace('.', '\\.')}\\.json$`).test(key),
      );
      const stick = join(folder, `forged-${role}`);
      await medium.flipped(keys.at(-1) ?? '', { listed: true }).write(stick);
      const { page, type, mood } = await open(stick);
      await mood('bad');
      await type(medium.fingerprint(1));
      expect(await mood('bad')).toMatch(/^✕\s*Not to be trusted/);
      expect(await page.locator('#contents article').count()).toBe(0);
    },
  );

  test('checks single files, and says that the others were not chosen', async () => {
    const { page, type, mood } = await open();
    await type(medium.fingerprint(1));
    await page.getByLabel('Choose single files…').setInputFiles(join(good, medium.find('.otad')));
    await page.getByText('Signatures right, files not all checked').waitFor();
    expect(await mood('open')).toContain(`1 of ${medium.files.size} files are genuine`);
    await page.getByLabel('Choose single files…').setInputFiles(join(folder, 'gateway-1.1.0.ota'));
    expect(await page.getByRole('alert').allInnerTexts()).toContainEqual(
      expect.stringContaining('None of the chosen files'),
    );
  });

  test('checks another medium that is chosen by what is on that', async () => {
    const other = join(folder, 'other');
    await medium.changed(medium.find('/1.0.0/', '.boot'), undefined, { listed: true }).write(other);
    const { page, type, choose, mood } = await open();
    await type(medium.fingerprint(1));
    await choose(other);
    expect(await mood('good')).toContain(`all ${medium.files.size - 1} files`);
    expect(await page.locator('#contents-note').textContent()).toContain(
      'another medium than the one this page came on',
    );
    const forged = join(folder, 'other-forged');
    await medium.flipped('metadata/timestamp.json', { listed: true }).write(forged);
    await choose(forged);
    expect(await mood('bad')).toContain('Not to be trusted');
  });

  test('takes a folder that is dropped', async () => {
    const { page, type, mood } = await open();
    await type(medium.fingerprint(1));
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: [good], dragOperationsMask: 1 };
    for (const step of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type: step, x: 300, y: 600, data });
    expect(await mood('good')).toContain('Genuine and whole');
  });

  test('says that a medium is too old for its profile', async () => {
    const { type, mood } = await open(good, NOW + 40 * DAY);
    await type(medium.fingerprint(1));
    expect(await mood('warn')).toContain('Genuine, but too old');
  });
});
