import { setTimeout as wait } from 'node:timers/promises';
import { diceOf } from './dice.ts';
import type { Stage } from './stage.ts';
import { startSwarm } from './swarm.ts';
import type { Fault } from './swarm.ts';
import { endStates } from './sweep.ts';
import type { Point } from './sweep.ts';
import { playOn } from './trial.ts';
import type { Course, Trial } from './trial.ts';

/** A disk that fails once at each operation on files; or again and again at one; or everywhere from one on. */
export function diskTrials(points: readonly Point[], seed: string): Trial[] {
  const dice = diceOf(`${seed} disk`);
  const writes = points.filter(({ name }) => !/^(git|sh) /.test(name));
  const ownDice = ({ sweep, name, occurrence }: Point) => diceOf(`${seed} ${sweep} ${name} ${String(occurrence)}`);
  const once = dice.shuffle(writes).map((point) => {
    const { pick } = ownDice(point);
    const side = point.name.startsWith('write ') ? pick(['before', 'half'] as const) : 'before';
    return trialAt(point, { side, act: 'fail', code: pick(codes), times: 1 });
  });
  const forGood = dice.shuffle(writes).map((point) => {
    const { pick } = ownDice(point);
    const all = pick([true, false]);
    return trialAt(point, { side: 'before', act: 'fail', code: pick(codes), times: 1_000_000, all });
  });
  // Three that fail once, then one that fails for good.
  return once.flatMap((trial, index) => [
    trial,
    ...(index % 3 === 2 ? forGood.slice((index - 2) / 3, (index + 1) / 3) : []),
  ]);
}

const codes = ['ENOSPC', 'EIO', 'EACCES'] as const;

function trialAt({ sweep, scene, name, occurrence }: Point, how: Omit<Fault, 'at'>): Trial {
  const fault: Fault = { ...how, at: { name, occurrence } };
  const isForGood = how.times !== 1;
  // What fails again and again uses up the attempts of a task: then it has failed, and says why.
  const states = isForGood
    ? Object.fromEntries(
        scene.tasks.map((id) => [id, ['complete', 'failed', ...(id.includes('-ask') ? ['blocked'] : [])]]),
      )
    : endStates(scene.tasks);
  const when = isForGood
    ? how.all === true
      ? 'everywhere from'
      : 'again and again from'
    : how.side === 'half'
      ? 'in the middle of'
      : 'at';
  return {
    name: `disk ${sweep}: ${how.code ?? ''} ${when} ${name} #${String(occurrence)}`,
    play: (stage) => playOn(stage, scene, (course) => playDisk(stage, course, fault), { states }),
  };
}

/** A run may wait for the disk to get well. Then it is asked to stop, which it has to do. */
async function playDisk(stage: Stage, course: Course, fault: Fault): Promise<void> {
  const swarm = startSwarm(stage, course.workspace, { fault });
  const first = await Promise.race([swarm.ended, wait(fault.times === 1 ? 30_000 : 5000, 'waits' as const)]);
  if (first === 'waits') swarm.kill('SIGTERM');
  const ended = await swarm.ended;
  course.saw(ended);
  if (ended.struck !== undefined) course.did(`${fault.code ?? ''} ${ended.struck}`);
  await course.checkInterrupted();
}
