import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { diceOf } from './dice.ts';
import { until } from './patience.ts';
import type { Stage } from './stage.ts';
import { startSwarm } from './swarm.ts';
import type { Point } from './sweep.ts';
import { playOn } from './trial.ts';
import type { Course, Trial } from './trial.ts';

/**
 * Runs that are stopped (SIGSTOP) at an operation until their leases are over and another run has had its time, and then wake up:
 * what they do then must not undo or double what the other has done.
 */
export function pauseTrials(points: readonly Point[], seed: string, count: number): Trial[] {
  const dice = diceOf(`${seed} pause`);
  // Before its first claim and after its last a run has nothing that another could take.
  const [scene] = points.map((point) => point.sweep);
  const own = points.filter((point) => point.sweep === scene);
  const from = own.findIndex(({ name }) => name.startsWith('rename tasks/pending/'));
  const to = own.findIndex(({ name }) => name.includes('→ tasks/complete/'));
  return dice
    .shuffle(own.slice(from, to + 8))
    .slice(0, count)
    .map((point) => ({
      name: `pause: before ${point.name} #${String(point.occurrence)}`,
      play: (stage) =>
        playOn(stage, { ...point.scene, tasks: [...point.scene.tasks, 'b'] }, (course) =>
          playPause(stage, course, point),
        ),
    }));
}

async function playPause(stage: Stage, { workspace, saw, did }: Course, point: Point): Promise<void> {
  const { name, occurrence } = point;
  const sleeper = startSwarm(stage, workspace, { fault: { at: { name, occurrence }, side: 'before', act: 'stop' } });
  const stopped = await until(() => sleeper.struck() !== undefined, sleeper.ended);
  if (!stopped) {
    saw(await sleeper.ended);
    return;
  }
  did(sleeper.struck() ?? '');
  await letLeasesRunOut(workspace.root);
  const other = startSwarm(stage, workspace);
  // Where the sleeper sleeps with a lock in its hand, the other has to wait for it.
  await Promise.race([other.ended, wait(3000)]);
  sleeper.kill('SIGCONT');
  saw(await sleeper.ended);
  saw(await other.ended);
}

/** A claim was renewed last when its note was last touched. */
async function letLeasesRunOut(root: string): Promise<void> {
  const claims = join(root, '.oompa', 'claims');
  const longAgo = Date.now() / 1000 - 3600;
  const names = await readdir(claims).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.json'))) await utimes(join(claims, name), longAgo, longAgo);
}
