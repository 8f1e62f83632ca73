import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

/** A commit on main's first-parent line. */
export interface MainCommit {
  readonly oid: string;
  /** The task that its trailer names; empty for a commit of the user's. */
  readonly task: string;
}

/** Main, oldest commit first, and what is wrong with how it came to be. */
export interface Main {
  readonly commits: readonly MainCommit[];
  readonly problems: readonly string[];
}

/** Reads main's first-parent line, and its reflog: it may only ever have moved forward along that line. */
export async function readMain({ root, git }: Workspace): Promise<Main> {
  const format = '--format=%H %(trailers:key=Oompa-Task,valueonly,separator=%x2C)';
  const text = await git('log', '--first-parent', '--reverse', format, 'refs/heads/main');
  const commits = text.split('\n').map((line) => {
    const [oid = '', task = ''] = line.split(' ');
    return { oid, task };
  });
  const place = new Map(commits.map(({ oid }, index) => [oid, index]));
  const log = await readFile(join(root, '.git', 'logs', 'refs', 'heads', 'main'), 'utf8');
  const moves = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  const backward = moves.filter(([from = '', to = '']) => {
    const start = /^0+$/.test(from) ? -1 : place.get(from);
    const end = place.get(to);
    return start === undefined || end === undefined || end < start;
  });
  return {
    commits,
    problems: backward.map(([from, to]) => `main was moved from ${from ?? ''} to ${to ?? ''}: not forward`),
  };
}

/** Every commit and blob that main, a rescue ref or the branch of an iteration holds: no such branch goes without one of the others. */
export async function reachable({ git }: Workspace): Promise<ReadonlySet<string>> {
  const text = await git(
    'rev-list',
    '--objects',
    'refs/heads/main',
    '--glob=refs/oompa/rescue',
    '--glob=refs/heads/oompa',
  );
  return new Set(text.split('\n').map((line) => line.split(' ')[0] ?? ''));
}
