import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeReport } from '../../src/commands/report.ts';
import type { RunEvent } from '../../src/core/event.ts';
import { readEvents } from '../../src/runs/read-events.ts';
import { describeWithBrowser } from '../rig/browser.ts';
import { diffWord, hostileTitles, reviewWord, writeExample } from '../ui/report/example-report.ts';

let workspace: string;
let address: string;
let events: RunEvent[];

beforeAll(async () => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-report-')));
  const folder = writeExample(workspace);
  events = [...readEvents(join(folder, 'events.jsonl'))];
  const written = await writeReport({
    folder,
    shown: 'runs/example',
    isLive: false,
    now: new Date(),
    readingMs: Infinity,
  });
  if (written.kind === 'failed') throw new Error(written.message);
  address = pathToFileURL(written.path).href;
});

afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

describeWithBrowser('report.html in a browser', (open) => {
  it('asks for nothing but itself, has no script, and the console stays empty', async () => {
    const { page, complaints, requests } = await open(address);
    await openAll(page);
    expect(requests).toEqual([address]);
    expect(complaints).toEqual([]);
    expect(await page.locator('script, iframe, img, link, object').count()).toBe(0);
  });

  it('lets every task, round, review and diff be reached by clicks, and be read', async () => {
    const { page } = await open(address);
    const reviews = events.filter((event) => event.type === 'review:ended');
    expect(reviews).toHaveLength(9);
    for (const review of reviews) expect(await page.getByText(reviewWord(review)).isVisible()).toBe(false);
    await clickAll(page);
    for (const review of reviews) {
      const task = taskOf(page, review.task);
      expect(await task.getByText(reviewWord(review)).isVisible()).toBe(true);
      expect(await task.getByText(diffWord(review)).isVisible()).toBe(true);
      expect(
        await task
          .getByText(`Round ${String(review.round)}`, { exact: true })
          .first()
          .isVisible(),
      ).toBe(true);
    }
    for (const event of events.filter((each) => each.type === 'task:claimed')) {
      expect(await taskOf(page, event.task).isVisible()).toBe(true);
    }
    expect(await taskOf(page, 'rename-keys').getByText('config.test.ts fails', { exact: true }).isVisible()).toBe(true);
    expect(await taskOf(page, 'add-login').getByText('last words of add-login').isVisible()).toBe(true);
    expect(await page.locator('#planning').getByText('last words of the planner').isVisible()).toBe(true);
  });

  it('leaves hostile titles text', async () => {
    const { page } = await open(address);
    await openAll(page);
    expect(await page.title()).toBe('20261120T140159-k3f9: 1 of 10 tasks failed, 1 asks you, 1 held');
    for (const [task, title] of Object.entries({ ...hostileTitles, ...asText })) {
      const text = await taskOf(page, task).evaluate((element) => (element as { innerText: string }).innerText);
      expect(text).toContain(title);
      expect(text).not.toMatch(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    }
    expect(await page.locator('[onmouseover]').count()).toBe(0);
  });

  it('opens the task that a trouble or a bar of the timeline leads to', async () => {
    const { page } = await open(address);
    await page.locator('.trouble a', { hasText: 'fix-parser' }).first().click();
    await page.waitForFunction("document.querySelectorAll('details.task[open]').length === 1");
    expect(await taskOf(page, 'fix-parser').getAttribute('open')).toBe('');
    await page.locator('a.bar', { hasText: 'rename-keys' }).locator('rect').first().click();
    await page.waitForFunction("document.querySelectorAll('details.task[open]').length === 2");
    expect(await taskOf(page, 'rename-keys').getAttribute('open')).toBe('');
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await open(address);
    await tabTo(page, 'fix-parser');
    await page.keyboard.press('Enter');
    expect(await taskOf(page, 'fix-parser').getAttribute('open')).toBe('');
    await tabTo(page, 'The end of its last transcript');
    await page.keyboard.press('Space');
    expect(await page.getByText('last words of fix-parser').isVisible()).toBe(true);
  });

  it.each(['light', 'dark'] as const)('can be read in the %s', async (colorScheme) => {
    const { page } = await open(address, { colorScheme });
    await openAll(page);
    const [ground, contrast, where] = await page.evaluate<[string, number, string]>(weakest);
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(250, 250, 248)' : 'rgb(22, 24, 27)');
    expect(contrast, where).toBeGreaterThanOrEqual(4.5);
  });

  it.each([400, 800, 1280])('fits a window of %d pixels', async (width) => {
    const { page } = await open(address, { viewport: { width, height: 800 } });
    await openAll(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('has everything on paper, open or not, and nothing of it beyond the edge', async () => {
    const { page } = await open(address, { viewport: { width: 690, height: 980 } });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('details[open]').count()).toBe(0);
    for (const review of events.filter((event) => event.type === 'review:ended')) {
      for (const word of [reviewWord(review), diffWord(review)]) {
        expect(await page.getByText(word).evaluate(isOnPaper), word).toBe(true);
      }
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(690);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

/** What harmless text the hostile titles come to; the others stay as they are. */
const asText = { bidi: 'right  to left  and back ', escapes: 'red link bell' } as const;

function taskOf(page: Page, task: string): Locator {
  return page
    .locator('details.task')
    .filter({ has: page.locator('.row .task b', { hasText: new RegExp(`^${task}$`) }) });
}

/** Opens every fold at once. */
async function openAll(page: Page): Promise<void> {
  await page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))");
}

/** Opens every fold by a click, from the outside in. */
async function clickAll(page: Page): Promise<void> {
  const closed = page.locator('details:not([open]) > summary:visible');
  while ((await closed.count()) > 0) await closed.first().click();
}

/** Presses Tab until what has the focus begins so. */
async function tabTo(page: Page, text: string): Promise<void> {
  const focused = "document.activeElement.matches('summary') ? document.activeElement.innerText : ''";
  for (let pressed = 0; pressed < 80; pressed += 1) {
    await page.keyboard.press('Tab');
    if (String(await page.evaluate(focused)).includes(text)) return;
  }
  throw new Error(`Tab does not lead to ${text}`);
}

function isOnPaper(element: unknown): boolean {
  const shown = element as { checkVisibility(): boolean; getBoundingClientRect(): { height: number; right: number } };
  const { height, right } = shown.getBoundingClientRect();
  return shown.checkVisibility() && height > 0 && right <= 690;
}

/** The colour of the page, and the least contrast between any text and what is behind it (WCAG 2), with that text. */
const weakest = `(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
  };
  let found = [100, ''];
  for (const element of document.querySelectorAll('main *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '' || !element.checkVisibility() || element.closest('svg') !== null) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < found[0]) found = [contrast, text];
  }
  return [getComputedStyle(document.body).backgroundColor, ...found];
})()`;
