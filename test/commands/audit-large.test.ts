import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { audit } from '../../src/commands/audit.ts';
import type { Audit } from '../../src/core/audit.ts';
import { git, temporaryRepository, testIo, writeFiles } from './temporary.ts';

const run = '20261120T140159-k3f9';
const iterations = 5000;
const kinds = ['merged', 'squashed', 'rescued'] as const;
const main = 'refs/heads/main';

it('audits 5,000 recorded commits with as many git processes as it takes for a few', async () => {
  const root = temporaryRepository({ 'a.txt': 'one\n' });
  const base = git(root, 'rev-parse', 'main');
  const commits = await makeHistory(root);
  writeFiles(root, {
    [`runs/${run}/events.jsonl`]: eventsOf(base, commits),
    [`runs/${run}/summary.json`]: JSON.stringify({ ended_at: '2026-11-20T18:00:00Z' }),
  });
  const starts = countStarts(root);
  const { io, printed } = testIo(root);
  expect(await audit({ json: true }, io)).toBe(0);
  expect(JSON.parse(printed.stdout) as Audit).toMatchObject({
    turns: iterations,
    commits: { main: 3000, squashed: 500, rescued: 1500, lost: 0 },
    mains: [{ landings: 3500, own: 0 }],
    problems: [],
  });
  const commands = starts().filter(
    (each) => !['--version', 'rev-parse', 'config', 'symbolic-ref', 'var'].includes(each),
  );
  expect(commands.sort()).toEqual(
    ['cat-file', 'cat-file', 'for-each-ref', 'fsck', 'merge-tree', 'rev-list', 'rev-list', 'rev-list'].sort(),
  );
});

interface Made {
  readonly work: string;
  readonly landing: string | undefined;
}

/**
 * One iteration after the other, squashed, rescued and merged. What is squashed starts from main, as work does; the others go on
 * from the one before of their kind, which git imports much faster.
 */
async function makeHistory(root: string): Promise<Made[]> {
  const marks = join(root, '.git', 'marks');
  const imported = spawn('git', ['fast-import', '--quiet', '--force', `--export-marks=${marks}`], {
    cwd: root,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const { stdin } = imported;
  for (const ref of [...kinds.map(branchOf), main]) stdin.write(`reset ${ref}\nfrom ${main}^0\n\n`);
  let tip = '';
  for (let n = 0; n < iterations; n += 1) {
    const [work, landing] = [2 * n + 1, 2 * n + 2];
    const kind = n % 10 === 0 ? 'squashed' : n % 10 < 4 ? 'rescued' : 'merged';
    const from = kind === 'squashed' && tip !== '' ? [`from ${tip}`] : [];
    stdin.write(commit(branchOf(kind), work, `t${n}: turn 1\n`, [...from, ...file(n)]));
    if (kind === 'rescued') continue;
    const merge = kind === 'merged' ? [`merge :${work}`] : [];
    const message = `T ${n}\n\nOompa-Task: t${n}\nOompa-Claim: 1\nOompa-Run: ${run}\n`;
    stdin.write(commit(main, landing, message, [...merge, ...file(n)]));
    tip = `:${landing}`;
  }
  stdin.end();
  expect(await once(imported, 'close')).toEqual([0, null]);
  const lines = readFileSync(marks, 'utf8').trim().split('\n');
  const oids = new Map(lines.map((line) => line.split(' ')).map(([mark = '', oid = '']) => [mark, oid]));
  const made = Array.from({ length: iterations }, (_, n) => {
    return { work: oids.get(`:${2 * n + 1}`) ?? '', landing: oids.get(`:${2 * n + 2}`) };
  });
  const rescues = made.flatMap(({ work, landing }, n) =>
    landing === undefined ? [`${work} refs/oompa/rescue/t${n}/${run}-b-1-i${n}\n`] : [],
  );
  // Packed, as `git gc` leaves them: thousands of loose refs cost more to make than to read.
  writeFiles(root, { '.git/packed-refs': `# pack-refs with: peeled fully-peeled\n${rescues.join('')}` });
  return made;
}

function branchOf(kind: string): string {
  return `refs/heads/oompa/${kind}`;
}

function commit(ref: string, mark: number, message: string, rest: readonly string[]): string {
  const head = [`commit ${ref}`, `mark :${mark}`, `committer Test <test@oompa.test> ${1_800_000_000 + mark} +0000`];
  return [...head, `data ${message.length}`, message, ...rest, ''].join('\n');
}

function file(n: number): string[] {
  const text = `${n}\n`;
  return [`M 100644 inline out/${n % 100}/t${n}.txt`, `data ${text.length}`, text];
}

function eventsOf(base: string, commits: readonly Made[]): string {
  const events: object[] = [{ type: 'run:started', run, branch: 'main', base }];
  for (const [n, { work, landing }] of commits.entries()) {
    const of = { worker: 'b-1', task: `t${n}`, iteration: n };
    events.push({ type: 'turn:started', ...of }, { type: 'work:committed', ...of, commit: work });
    if (landing === undefined) events.push({ type: 'work:rescued', ...of, commit: work });
    else events.push({ type: 'landing:landed', ...of, commit: landing });
    events.push({ type: 'iteration:ended', ...of, outcome: { kind: landing === undefined ? 'no-changes' : 'landed' } });
  }
  return events.map((event) => `${JSON.stringify({ at: '2026-11-20T14:00:00Z', ...event })}\n`).join('');
}

/** Puts a git first on the PATH that notes which command each process is started for. */
function countStarts(root: string): () => string[] {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const bin = join(root, '.oompa', 'bin');
  const note = `(while [ "$1" = -c ]; do shift 2; done; echo "$1" >>'${bin}/starts')`;
  writeFiles(bin, { git: `#!/bin/sh\n${note}\nexec '${real}' "$@"\n`, starts: '' });
  chmodSync(join(bin, 'git'), 0o755);
  vi.stubEnv('PATH', `${bin}:${String(process.env['PATH'])}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return () => readFileSync(join(bin, 'starts'), 'utf8').trim().split('\n');
}
