import { setTimeout as pause } from 'node:timers/promises';
import { diceOf } from './dice.ts';
import type { Dice } from './dice.ts';
import type { Stage } from './stage.ts';
import { startSwarm } from './swarm.ts';
import type { Fault } from './swarm.ts';
import { endStates } from './sweep.ts';
import { playOn } from './trial.ts';
import type { Course, Trial } from './trial.ts';
import type { Scene } from './workspace.ts';

/** Kills at moments and operations that nobody has chosen, of one to three runs at once with one to four workers each. */
export function randomTrials(seed: string, count: number): Trial[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `random ${String(index + 1)}`;
    return { name, play: (stage) => playRandom(stage, diceOf(`${seed} ${name}`)) };
  });
}

function playRandom(stage: Stage, dice: Dice) {
  const scene = randomScene(dice);
  return playOn(
    stage,
    scene,
    async (course) => {
      const waves = dice.int(2, 4);
      for (let wave = 0; wave < waves; wave += 1) {
        const runs = dice.pick([1, 1, 1, 2, 3]);
        const ends = Array.from({ length: runs }, () => killOne(stage, course, dice));
        await Promise.all(ends);
        await course.checkInterrupted();
      }
    },
    { states: endStates(scene.tasks) },
  );
}

function randomScene(dice: Dice): Scene {
  const count = dice.int(3, 9);
  const habits = [
    '',
    '-two',
    '-commits',
    '-shared',
    '-shared-commits',
    '-slow',
    '-server',
    '-two-shared',
    '-ask',
    '-fail',
  ];
  const reviewed = dice.pick([true, false]);
  const verified = dice.pick([true, false]);
  const possible = [...habits, ...(reviewed ? ['-fussy'] : []), ...(verified ? ['-red', '-red-shared'] : [])];
  return {
    tasks: Array.from({ length: count }, (_, index) => `t${String(index + 1)}${dice.pick(possible)}`),
    workers: dice.int(1, 4),
    strategy: dice.pick(['merge', 'squash']),
    main: dice.pick(['checked-out', 'elsewhere']),
    reviewed,
    verified,
    more: (id, index) =>
      index > 0 && index % 4 === 3 && !/-(ask|fail)/.test(id) ? `files: ['work/**', 'shared.txt', 'red/**']\n` : '',
  };
}

/** Starts a run, and kills it by the clock or at an operation; it may also come to its end before. */
async function killOne(stage: Stage, { workspace, saw, did }: Course, dice: Dice): Promise<void> {
  const byClock = dice.pick([true, false]);
  const ms = dice.int(100, 1500);
  const fault: Fault = {
    at: { number: dice.int(1, 400) },
    side: dice.pick(['before', 'half', 'after', 'ended']),
    act: 'kill',
  };
  const swarm = startSwarm(stage, workspace, byClock ? {} : { fault });
  if (byClock) {
    const first = await Promise.race([swarm.ended, pause(ms, 'time is up' as const)]);
    if (first === 'time is up') swarm.kill('SIGKILL');
  }
  const ended = await swarm.ended;
  saw(ended);
  if (ended.code === undefined) did(ended.struck ?? 'kill at a moment');
}
