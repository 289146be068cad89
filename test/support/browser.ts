import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/**
 * A Chromium of this machine, or the one that OTA_BROWSER names; `undefined` where there is none, which is said so that a skipped test is
 * seen. With OTA_REQUIRE_BROWSER=1 it fails instead.
 */
export function installedBrowser(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = [
    process.env.OTA_BROWSER,
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
  ].find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  const message = 'no Chromium is installed';
  if (process.env.OTA_REQUIRE_BROWSER === '1') throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return undefined;
}

export const startBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });

/** A page, and all that it asked for and complained of since it was opened. */
export interface WatchedPage {
  readonly page: Page;
  readonly requests: string[];
  readonly complaints: string[];
}

/** Opens a page in a context of its own, at a fixed time in seconds since 1970. */
export async function openWatched(browser: Browser, url: string, now: number): Promise<WatchedPage> {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  await page.clock.setFixedTime(now * 1000);
  const requests: string[] = [];
  const complaints: string[] = [];
  // What is forbidden by the page's policy is no request: it is a complaint.
  context.on('request', (request) => requests.push(request.url()));
  context.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, requests, complaints };
}
