import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { diceOf } from './dice.ts';
import type { Dice } from './dice.ts';
import { startSwarm } from './swarm.ts';
import type { Fault } from './swarm.ts';
import type { Stage } from './stage.ts';
import { playOn } from './trial.ts';
import type { Course, Trial } from './trial.ts';
import type { Scene, Workspace } from './workspace.ts';

const scene: Scene = {
  ...{ tasks: ['a-held', 'b-shared', 'c-two', 'd-commits'], workers: 2, strategy: 'merge', main: 'checked-out' },
  ...{ reviewed: false, verified: true },
};

/** A user who works in the checkout while the swarm does: commits to main, and has changes where a landing goes. */
export function userTrials(seed: string, count: number): Trial[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `user ${String(index + 1)}`;
    return { name, play: (stage) => playUser(stage, diceOf(`${seed} ${name}`)) };
  });
}

function playUser(stage: Stage, dice: Dice) {
  const commits: string[] = [];
  return playOn(
    stage,
    scene,
    async (course) => {
      const { workspace, saw, did, checkInterrupted, run, wrong } = course;
      const fault: Fault = { at: { number: dice.int(40, 500) }, side: dice.pick(['before', 'after']), act: 'kill' };
      const swarm = startSwarm(stage, workspace, { fault });
      for (let commit = 1; commit <= 3; commit += 1) {
        await Promise.race([swarm.ended, wait(dice.int(50, 400))]);
        commits.push(await commitAsUser(workspace, commit));
      }
      const ended = await swarm.ended;
      saw(ended);
      if (ended.struck !== undefined) did(ended.struck);
      await checkInterrupted();
      await run();
      if (!(await isHeld(course))) wrong("the landing that touches the user's change was not held");
      await takeBack(workspace);
    },
    { userCommits: commits, takenBack: ['user.txt'] },
  );
}

/** As a person would: git at work in the same checkout is waited for. */
async function commitAsUser({ root, git }: Workspace, number: number): Promise<string> {
  const path = `own-${String(number)}.txt`;
  await writeFile(join(root, path), `what the user did, ${String(number)}\n`);
  for (let tries = 1; ; tries += 1) {
    try {
      await git('add', path);
      await git('commit', '-q', '-m', `the user's commit ${String(number)}`, '--', path);
      return await git('log', '-1', '--format=%H', '--', path);
    } catch (error) {
      if (tries === 40) throw error;
      await wait(50);
    }
  }
}

/** The task waits where it is, its work is kept, and main does not have it. */
async function isHeld({ workspace }: Course): Promise<boolean> {
  const rescued = await workspace.git('for-each-ref', '--format=%(refname)', 'refs/oompa/rescue/a-held');
  const landed = await workspace.git('ls-tree', '-r', '--name-only', 'refs/heads/main', 'work/a-held');
  return rescued !== '' && landed === '';
}

/** The user gives the change up, so that the landing can go on. */
async function takeBack({ git }: Workspace): Promise<void> {
  await git('checkout', '-q', '--', 'user.txt');
}
