import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, describe } from 'vitest';
import { findExecutable } from './pinned-clis.ts';

/** The absolute path of Debian's Chromium, or undefined when it is nowhere. */
function findBrowser(): string | undefined {
  return findExecutable('chromium', ['/usr/bin', ...(process.env['PATH'] ?? '').split(':')]);
}

/** A page that was opened, and what went wrong in it or left it. */
export interface OpenPage {
  readonly page: Page;
  /** Messages of the console and errors that nobody caught. */
  readonly complaints: readonly string[];
  /** Addresses of everything that the page asked for, itself included. */
  readonly requests: readonly string[];
}

/** Opens an address in a fresh context without a network. */
export type OpenBrowserPage = (address: string, options?: BrowserContextOptions) => Promise<OpenPage>;

/**
 * `describe` with a browser that all its tests share, each with pages of its own; without a browser its tests are counted as
 * skipped and stderr says why.
 */
export function describeWithBrowser(title: string, tests: (open: OpenBrowserPage) => void): void {
  const executablePath = findBrowser();
  if (executablePath === undefined) {
    process.stderr.write(`SKIPPED: there is no chromium; run: apt-get install -y chromium\n`);
    describe.skip(title, () => tests(() => Promise.reject(new Error('there is no browser'))));
    return;
  }
  describe(title, () => {
    let browser: Promise<Browser> | undefined;
    afterAll(async () => {
      await (await browser)?.close();
    });
    tests(async (address, options = {}) => {
      browser ??= chromium.launch({ executablePath, args: [...quiet] });
      return openPage(await browser, address, options);
    });
  });
}

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

async function openPage(browser: Browser, address: string, options: BrowserContextOptions): Promise<OpenPage> {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests };
}
