import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createFileDurably,
  errorCode,
  syncFolder,
  temporaryFor,
  writeFileDurably,
  writerOf,
} from '../../src/system/files.ts';
import { ownIdentity } from '../../src/system/process-identity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a durable write', () => {
  it('creates and replaces, and leaves no temporary file', async () => {
    const path = join(folder, 'a');
    await writeFileDurably(path, 'one');
    await writeFileDurably(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('shows readers the old text or the new one, and never a part', async () => {
    const path = join(folder, 'a');
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(300_000));
    writeFileSync(path, texts[0]!);
    const progress: { writing: boolean } = { writing: true };
    const writes = (async () => {
      for (let i = 0; i < 30; i++) await writeFileDurably(path, texts[i % 3]!);
      progress.writing = false;
    })();
    while (progress.writing) {
      expect(texts).toContain(readFileSync(path, 'utf8'));
      await new Promise(setImmediate);
    }
    await writes;
  });

  it('leaves nothing behind when it fails', async () => {
    await expect(writeFileDurably(join(folder, 'none', 'a'), 'x')).rejects.toThrow('ENOENT');
    await writeFileDurably(join(folder, 'a'), 'x');
    await expect(writeFileDurably(folder, 'x')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('an exclusive creation', () => {
  it('has one winner among many, whose text stays', async () => {
    const path = join(folder, 'a');
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ({ i, result: await createFileDurably(path, String(i)) })),
    );
    const winners = results.filter(({ result }) => result === 'created');
    expect(winners).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(String(winners[0]!.i));
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('errors', () => {
  it('have a code only when the operating system gave it', async () => {
    const missing: unknown = await syncFolder(join(folder, 'none')).catch((error: unknown) => error);
    expect(errorCode(missing)).toBe('ENOENT');
    expect(errorCode(new Error('x'))).toBeUndefined();
    expect(errorCode(Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
  });
});

describe('the name of a temporary file', () => {
  it('tells whether its writer lives', () => {
    const own = basename(temporaryFor(join(folder, 'a.yaml')));
    const { pid, start } = ownIdentity();
    expect(own).toMatch(/^\.a\.yaml\./);
    expect(writerOf(own)).toBe('live');
    const of = (changed: string) => own.replace(`.${String(pid)}.${encodeURIComponent(start)}.`, changed);
    const [boot = ''] = start.split('-');
    expect(writerOf(of(`.${String(pid)}.${boot}-1.`))).toBe('gone');
    expect(writerOf(of(`.${String(pid)}.another-1.`))).toBe('unknown');
    expect(writerOf(of('.'))).toBe('unknown');
    expect(writerOf(of(`.${String(pid)}.%zz.`))).toBe('unknown');
    expect(writerOf('a.yaml')).toBeUndefined();
  });
});
