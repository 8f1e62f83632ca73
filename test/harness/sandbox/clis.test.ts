import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Harness } from '../../../src/harness/harness.ts';
import { inSandbox } from '../../../src/harness/sandbox/sandboxed.ts';
import { slotState } from '../../../src/harness/state/state.ts';
import { describeWithCli } from '../../rig/clis.ts';
import type { CliName } from '../../rig/pinned-clis.ts';
import { openUser } from '../state/users.ts';
import { asNobody, describeWithNobody, giveToNobody } from './nobody.ts';
import { branch, describeWithBwrap, openStage } from './stage.ts';

const commit = 'echo two >> a.txt && git add -A && git commit -qm two';

describeWithBwrap('in the sandbox', (bwrap) => {
  for (const name of ['opencode', 'claude', 'codex', 'gemini'] as const) {
    describeWithCli(name, name, (program) => {
      it('edits and commits in its worktree, and goes on with its session, changing nothing of the user’s', async () => {
        await worksTwice(name, program, { bwrap });
      });
    });
  }

  describeWithNobody('of a user who is not root', () => {
    describeWithCli('claude', 'claude', (program) => {
      it('does the same', async () => {
        await worksTwice('claude', program, { bwrap, isNobody: true });
      });
    });
  });
});

async function worksTwice(
  name: CliName,
  program: string,
  { bwrap, isNobody = false }: { readonly bwrap: string; readonly isNobody?: boolean },
): Promise<void> {
  const user = await openUser(name, program, ({ replies }) =>
    replies === 0 ? { kind: 'use', tool: { kind: 'bash', command: commit } } : { kind: 'say', text: 'Done.' },
  );
  const stage = await openStage(bwrap);
  try {
    const folder = join(stage.repo.path, '.oompa/state/builders-1');
    const state = await slotState(name, { mode: 'slot', folder, env: user.env, configEnv: {}, resumes: false });
    if (state.kind === 'failed') throw new Error(state.detail);
    const env = { ...state.env, TMPDIR: join(stage.repo.path, '.oompa/tmp/builders-1') };
    const root = process.getuid?.() === 0 && !isNobody;
    const plan = await stage.plan({ program, writable: state.writable, env: { ...user.env, ...env }, root });
    if (isNobody) giveToNobody(user.folder, stage.repo.path);
    const changed = (harness: Harness) => {
      const sandboxed = inSandbox(harness, plan);
      return isNobody ? asNobody(sandboxed) : sandboxed;
    };
    const log = () => stage.repo.git('-c', 'safe.directory=*', 'log', '--format=%s', branch);
    const before = await user.files();
    const first = await user.turn({ cwd: stage.worktree, env, changed });
    expect(first.ending, user.printed()).toMatchObject({ kind: 'answered', message: 'Done.' });
    expect(await log()).toBe('two\nfirst');
    const session = first.session;
    const again = await user.turn({ cwd: stage.worktree, env, changed, ...(session === undefined ? {} : { session }) });
    expect(again, user.printed()).toMatchObject({ ending: { kind: 'answered' }, session: { id: session?.id } });
    expect(await log()).toBe('two\ntwo\nfirst');
    expect(await user.files()).toEqual(before);
  } finally {
    await user.close();
    await stage.repo.remove();
  }
}
