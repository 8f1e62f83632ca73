import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let root: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-faults-')));
  root = join(folder, 'root');
  mkdirSync(root);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Named imports, as the product has them: the faults must reach those too. */
const program = `
  import { closeSync, createWriteStream, fsync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
  import { mkdir, open, rm, writeFile } from 'node:fs/promises';
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { promisify } from 'node:util';
  const tried = async (work) => { try { await work(); } catch (error) { console.log(error.code, error.message); } };
  await tried(() => mkdir('made', { recursive: true }));
  await tried(() => writeFileSync('made/a', 'abcdefgh'));
  await tried(() => renameSync('made/a', 'made/b'));
  await tried(async () => { const file = openSync('c', 'a'); writeSync(file, '12345678'); await promisify(fsync)(file); closeSync(file); });
  await tried(() => writeFile('d', 'abcdefgh'));
  await tried(async () => { const file = await open('e', 'w'); await file.write('abcdefgh'); await file.close(); });
  await tried(async () => { const stream = createWriteStream('f'); stream.end('abcdefgh'); await once(stream, 'close'); });
  await tried(() => rm('g', { force: true }));
  const git = spawn('git', ['-c', 'core.quotePath=false', 'hash-object', '--stdin']);
  git.on('error', (error) => console.log(error.code, error.message));
  git.stdin.on('error', () => {});
  git.stdout.on('data', (text) => console.log(String(text).trim()));
  git.stdin.write('one question');
  git.stdin.end();
  await once(git, 'close').catch(() => {});
  console.log('done');
`;

interface Run {
  readonly signal: string | null;
  readonly stdout: string;
  readonly record: readonly string[];
}

async function run(fault?: object): Promise<Run> {
  const [script, record] = [join(folder, 'program.mjs'), join(folder, 'record')];
  writeFileSync(
    script,
    program.replaceAll(/'(made|made\/\w|[c-g])'/g, (_, path: string) => `'${join(root, path)}'`),
  );
  rmSync(record, { force: true });
  const preload = pathToFileURL(join(import.meta.dirname, 'faults.mjs')).href;
  const child = spawn(process.execPath, ['--import', preload, script], {
    cwd: root,
    env: { ...process.env, CHAOS_FAULTS: JSON.stringify({ root, record, fault }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [ended, stdout] = await Promise.all([once(child, 'close'), text(child.stdout)]);
  const [, signal] = ended as [number | null, string | null];
  const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
  return { signal, stdout, record: lines };
}

const at = (name: string, occurrence = 1) => ({ name, occurrence });
const contentOf = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

describe('the preload that makes faults', () => {
  it('numbers and names every change of a file, every process and every question to one, and changes nothing by itself', async () => {
    const { stdout, record } = await run();
    expect(record.map((line) => line.split('\t')[1])).toEqual([
      'mkdir made',
      'write made/a',
      'rename made/a → made/b',
      'open c',
      'write c',
      'fsync c',
      'write d',
      'open e',
      'write e',
      'open f',
      'write f',
      'rm g',
      'git hash-object --stdin',
      'git hash-object --stdin ← one question',
    ]);
    expect(record[0]).toBe('1\tmkdir made');
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/), 'done']);
  });

  it('kills the program before an operation, in the middle of it, or right after', async () => {
    expect((await run({ at: at('rename made/a → made/b'), side: 'before', act: 'kill' })).signal).toBe('SIGKILL');
    expect(contentOf('made/a')).toBe('abcdefgh');
    await run({ at: at('write d'), side: 'half', act: 'kill' });
    expect(contentOf('d')).toBe('abcd');
    const { record } = await run({ at: { number: 5 }, side: 'after', act: 'kill' });
    expect(contentOf('c')).toMatch(/12345678$/);
    expect(record.at(-1)).toBe('!\tkill after write c');
  });

  it.each(['write made/a', 'write c', 'write d', 'write e', 'write f'])('cuts short: %s', async (name) => {
    const { stdout } = await run({ at: at(name), side: 'half', act: 'fail', code: 'ENOSPC' });
    expect(stdout).toMatch(/^ENOSPC ENOSPC: no space left on device, write/);
    expect(stdout).toMatch(/done/);
    const path = name.replace('write ', '').replace('made/a', 'made/b');
    expect(contentOf(path)).toMatch(/^(abcd|1234)$/);
  });

  it('lets one operation fail, so many times, or all that begin so', async () => {
    expect((await run({ at: at('mkdir made'), side: 'before', act: 'fail', code: 'EACCES' })).stdout).toMatch(
      /^EACCES/,
    );
    rmSync(root, { recursive: true });
    mkdirSync(root);
    const all = await run({ at: at('write …'), side: 'before', act: 'fail', code: 'EIO', times: 99 });
    expect(all.record.filter((line) => line.startsWith('!\tfail before write '))).toHaveLength(5);
    const two = await run({ at: at('write …'), side: 'before', act: 'fail', code: 'EIO', times: 2 });
    expect(two.record.filter((line) => line.startsWith('!'))).toHaveLength(2);
  });

  it('keeps a process from starting, and takes one away from its caller', async () => {
    const none = await run({ at: at('git hash-object --stdin'), side: 'before', act: 'fail', code: 'EIO' });
    expect(none.stdout).toMatch(/^ENOENT .*\ndone/);
    const cut = await run({
      at: at('git hash-object --stdin ← one question'),
      side: 'before',
      act: 'fail',
      code: 'EIO',
    });
    expect(cut.stdout).toBe('done\n');
    const unheard = await run({
      at: at('git hash-object --stdin ← one question'),
      side: 'ended',
      act: 'fail',
      code: 'EIO',
    });
    expect(unheard.stdout).toBe('done\n');
    const after = await run({ at: at('git hash-object --stdin'), side: 'ended', act: 'kill' });
    expect(after).toMatchObject({ signal: 'SIGKILL' });
  });
});
