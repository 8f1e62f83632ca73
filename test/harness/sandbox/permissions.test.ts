import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { permissionSummary } from '../../../src/harness/sandbox/permissions.ts';
import { describeWithCli } from '../../rig/clis.ts';
import type { CliName } from '../../rig/pinned-clis.ts';
import { openUser } from '../state/users.ts';
import { asNobody, describeWithNobody, giveToNobody } from './nobody.ts';

for (const name of ['opencode', 'claude', 'codex', 'gemini'] as const) {
  describeWithCli(name, `${name}, with nobody there who could answer`, (program) => {
    it('writes and runs commands in its worktree', async () => {
      await worksUnasked(name, program);
    });

    describeWithNobody('as a user who is not root', () => {
      it('does the same', async () => {
        await worksUnasked(name, program, { isNobody: true });
      });
    });
  });
}

/** A turn that waited for an answer would last as long as the test may. */
async function worksUnasked(name: CliName, program: string, { isNobody = false } = {}): Promise<void> {
  const user = await openUser(name, program, ({ replies }) => {
    if (replies === 0) return { kind: 'use', tool: { kind: 'write', path: 'written.txt', content: 'x' } };
    if (replies === 1) return { kind: 'use', tool: { kind: 'bash', command: 'touch run.txt' } };
    return { kind: 'say', text: 'Done.' };
  });
  try {
    const cwd = join(user.folder, 'worktree');
    await mkdir(cwd);
    if (isNobody) giveToNobody(user.folder);
    const { ending } = await user.turn(isNobody ? { cwd, changed: asNobody } : { cwd });
    expect(ending, user.printed()).toMatchObject({ kind: 'answered', message: 'Done.' });
    expect(['written.txt', 'run.txt'].filter((file) => !existsSync(join(cwd, file)))).toEqual([]);
  } finally {
    await user.close();
  }
}

describeWithCli('opencode', 'opencode, where it would ask', (program) => {
  it('is told no, and goes on to its end', async () => {
    const user = await openUser('opencode', program, ({ replies }) =>
      replies === 0
        ? { kind: 'use', tool: { kind: 'write', path: '../outside.txt', content: 'x' } }
        : { kind: 'say', text: 'So be it.' },
    );
    try {
      const { ending } = await user.turn({ cwd: join(user.folder, 'worktree') });
      expect(ending, user.printed()).toMatchObject({ kind: 'answered', message: 'So be it.' });
      expect(existsSync(join(user.folder, 'outside.txt'))).toBe(false);
    } finally {
      await user.close();
    }
  });
});

describe('what is in force, in a line', () => {
  it.each([
    [
      'claude',
      { root: true, sandbox: { use: 'none', network: true }, state: 'user' },
      'claude asks nothing (--dangerously-skip-permissions, IS_SANDBOX=1 as root); its commands can do all that you can; state in your own folders',
    ],
    [
      'opencode',
      { root: false, sandbox: { use: 'bwrap', network: true }, state: 'slot' },
      'opencode asks nothing, and refuses paths outside the worktree that it is shown; in bubblewrap: writes nothing but its worktree, git’s objects, the branches of its run and its state; network on; state of its own for each worker',
    ],
    [
      'mine',
      { root: false, sandbox: { use: 'bwrap', network: false }, state: 'user' },
      'mine does as its own settings say; in bubblewrap: writes nothing but its worktree, git’s objects, the branches of its run and its state; network off; state in your own folders',
    ],
  ] as const)('of %s', (harness, permissions, line) => {
    expect(permissionSummary(harness, permissions)).toBe(line);
  });
});
