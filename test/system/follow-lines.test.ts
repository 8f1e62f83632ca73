import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { followLines } from '../../src/system/follow-lines.ts';

let folder: string;
let path: string;
const leaving = { signal: new AbortController() };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-follow-'));
  path = join(folder, 'log');
  leaving.signal = new AbortController();
});
afterEach(() => {
  leaving.signal.abort();
  rmSync(folder, { recursive: true });
});

/** The pieces as they come, one a call. */
function follow(): () => Promise<readonly string[] | 'over'> {
  const pieces = followLines(path, { signal: leaving.signal.signal, everyMs: 5 });
  return async () => {
    const next = await pieces.next();
    return next.done === true ? 'over' : next.value;
  };
}

it('gives what is there, says so, and gives what comes', async () => {
  writeFileSync(path, 'one\ntwo\n');
  const next = follow();
  expect(await next()).toEqual(['one', 'two']);
  expect(await next()).toEqual([]);
  appendFileSync(path, 'three\n');
  expect(await next()).toEqual(['three']);
});

it('holds a line back until it is whole, also where a letter is torn', async () => {
  const bytes = Buffer.from('grün\n');
  writeFileSync(path, bytes.subarray(0, 3));
  const next = follow();
  expect(await next()).toEqual([]);
  appendFileSync(path, bytes.subarray(3));
  expect(await next()).toEqual(['grün']);
});

it('waits for a file that is not there yet', async () => {
  const next = follow();
  const first = next();
  writeFileSync(path, '');
  expect(await first).toEqual([]);
  appendFileSync(path, 'one\n');
  expect(await next()).toEqual(['one']);
});

it('begins anew with a file that was cut short', async () => {
  writeFileSync(path, 'one\ntwo\n');
  const next = follow();
  await next();
  await next();
  truncateSync(path, 0);
  const after = next();
  // It may not be looked at while it is empty: what is shorter than before tells as well.
  appendFileSync(path, 'new\n');
  expect(await after).toEqual(['new']);
});

it('gives a long file in pieces, and every line of it once', async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `line ${String(index)} of many`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  const next = follow();
  const read: string[] = [];
  for (let piece = await next(); piece !== 'over' && piece.length > 0; piece = await next()) read.push(...piece);
  expect(read).toEqual(lines);
});

it('ends at once when it is left, and has no file open then', async () => {
  writeFileSync(path, 'one\n');
  const next = follow();
  await next();
  await next();
  const last = next();
  leaving.signal.abort();
  expect(await last).toBe('over');
});
