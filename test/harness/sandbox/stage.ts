import { join } from 'node:path';
import { describe } from 'vitest';
import { findBwrap } from '../../../src/harness/sandbox/bwrap.ts';
import { planSandbox, type SandboxOrder } from '../../../src/harness/sandbox/plan.ts';
import type { SandboxPlan } from '../../../src/harness/sandbox/sandboxed.ts';
import { repository, type TestRepository } from '../../rig/repository.ts';

const bwrap = await findBwrap(process.env);

/** `describe`, with the path of bubblewrap; where there is none that works its tests are counted as skipped and stderr says why. */
export function describeWithBwrap(title: string, tests: (bwrap: string) => void): void {
  if (bwrap.kind === 'found') {
    describe(title, () => tests(bwrap.path));
    return;
  }
  process.stderr.write(`SKIPPED: bubblewrap is ${bwrap.kind}; ${bwrap.remedy}\n`);
  describe.skip(title, () => tests('bwrap'));
}

/** A workspace with a worktree for an agent, as a run has it. */
export interface Stage {
  readonly repo: TestRepository;
  readonly worktree: string;
  readonly commonDir: string;
  /** A sandbox for a turn in the worktree. Rejects when it can't be planned. */
  plan(order?: Partial<SandboxOrder>): Promise<SandboxPlan>;
}

export const branch = 'oompa/run/builders-1-i1';

/** To be removed by the test, with its repository. */
export async function openStage(program: string): Promise<Stage> {
  const repo = await repository({ 'a.txt': 'one\n' });
  const worktree = join(repo.path, '.oompa', 'worktrees', 'builders-1');
  await repo.git('worktree', 'add', '-q', '-b', branch, worktree);
  await repo.git('worktree', 'add', '-q', '-b', 'oompa/earlier/builders-2-i1', join(worktree, '..', 'builders-2'));
  const commonDir = join(repo.path, '.git');
  await repo.write('.oompa/tmp/builders-1/.keep', '');
  await repo.write('.oompa/claims/task.json', '{}');
  // Git keeps no empty folders for refs.
  await repo.git('pack-refs', '--all');
  await repo.git('update-ref', 'refs/oompa/claims/task', 'HEAD');
  return {
    ...{ repo, worktree, commonDir },
    plan: async (order) => {
      const planned = await planSandbox({
        ...{ bwrap: program, program: 'sh', workspace: repo.path, worktree, commonDir, branch },
        ...{ writable: [], configEnv: {} },
        admin: join(commonDir, 'worktrees', 'builders-1'),
        state: join(repo.path, '.oompa', 'state', 'builders-1'),
        ...{ env: {}, network: true, root: process.getuid?.() === 0 },
        ...order,
      });
      if (planned.kind === 'failed') throw new Error(planned.detail);
      return planned.plan;
    },
  };
}
