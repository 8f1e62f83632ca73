import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeText, diskProblem, orDisk, writeSmall } from '../../../src/queue/file/disk.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-disk-'));
  path = join(folder, 'a.txt');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = () => readFileSync(path, 'utf8');

/** As node makes them. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: words, open '/a/b'`), { code, syscall: 'open', path: '/a/b' });
}

describe('an error of the operating system', () => {
  it.each([
    ['ENOSPC', 'no space is left on the disk (ENOSPC, /a/b); free some; see what is large with: df -h'],
    ['EACCES', 'permission denied (EACCES, /a/b); see who may write there with: ls -ld'],
    ['EROFS', 'the disk is read-only (EROFS, /a/b); see how it is mounted with: mount'],
    ['EIO', 'the disk reports an input/output error (EIO, /a/b); look for its cause with: dmesg'],
    ['ELOOP', "ELOOP: words, open '/a/b'"],
  ])('%s is told with cause, place and remedy', (code, told) => {
    expect(diskProblem(systemError(code))).toBe(told);
  });

  it('becomes a value, and a bug stays a bug', async () => {
    expect(
      await orDisk(
        () => Promise.reject(systemError('EIO')),
        (why) => why.slice(0, 8),
      ),
    ).toBe('the disk');
    await expect(
      orDisk(
        () => Promise.reject(new TypeError('bug')),
        () => 'value',
      ),
    ).rejects.toThrow('bug');
  });
});

describe('changing a text that a hand may change too', () => {
  it('applies the change to the text that a hand has written meanwhile', async () => {
    writeFileSync(path, 'old');
    let asked = 0;
    await changeText(path, read, (text) => {
      asked += 1;
      // The hand comes right after the text was read.
      if (asked === 1) writeFileSync(path, 'edited');
      return `${text}+`;
    });
    expect(read()).toBe('edited+');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('does not bring back a file that a hand has deleted meanwhile', async () => {
    writeFileSync(path, 'old');
    const readIfThere = () => (readdirSync(folder).includes('a.txt') ? read() : undefined);
    await changeText(path, readIfThere, (text) => {
      rmSync(path);
      return `${text}+`;
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves the file alone when there is nothing to change', async () => {
    writeFileSync(path, 'old');
    const { ino } = statSync(path);
    await changeText(path, read, () => undefined);
    await changeText(path, read, (text) => text);
    expect(statSync(path).ino).toBe(ino);
  });
});

describe('writing a small file', () => {
  it('gives it the time of change that is asked for', async () => {
    const changedAt = new Date('2026-11-20T14:00:00.123Z');
    await writeSmall(path, 'x', { changedAt, isDurable: true });
    expect(Math.round(statSync(path).mtimeMs)).toBe(changedAt.getTime());
  });

  it('leaves nothing behind when it fails', async () => {
    await expect(writeSmall(folder, 'x', { isDurable: false })).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(join(folder, '..')).filter((name) => name.includes(folder.slice(-6)))).toHaveLength(1);
  });
});
