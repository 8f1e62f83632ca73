import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crowdTrials } from './crowd.ts';
import { diskTrials } from './disk.ts';
import { pauseTrials } from './pause.ts';
import { randomTrials } from './random.ts';
import { failure } from './report.ts';
import { runTrials } from './run-trials.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { stepOf } from './steps.ts';
import { recordPoints, sweepTrials } from './sweep.ts';
import type { Point } from './sweep.ts';
import type { Trial } from './trial.ts';
import { unluckyGitTrials } from './unlucky-git.ts';
import { userTrials } from './user.ts';

/** A slice of `npm run chaos`, the same each time. */
const seed = 'slice';

let stage: Stage;
let points: Point[];
let failed = false;

beforeAll(async () => {
  stage = await openStage();
  points = await recordPoints(stage);
});

afterAll(async () => {
  // What failed stays, to be looked at.
  if (!failed) await stage.close();
});

/** Plays the trials, and fails with everything that is wrong and the commands that play it again. */
async function prove(trials: readonly Trial[]): Promise<void> {
  const played = await runTrials(stage, trials, { atOnce: 2 });
  const bad = played.filter(({ verdict }) => verdict.problems.length > 0);
  failed ||= bad.length > 0;
  expect(bad.map((each) => failure(each, seed)).join('\n')).toBe('');
  const struck = played.filter(({ verdict }) => verdict.done.length > 0);
  expect(struck.length, 'most of what was planned has to happen').toBeGreaterThanOrEqual(trials.length / 2);
}

/** So many trials of each step of a run. */
function ofEachStep(trials: readonly Trial[], count: number): Trial[] {
  const taken = new Map<string, number>();
  return trials.filter(({ name }) => {
    const step = stepOf(name);
    const before = taken.get(step) ?? 0;
    taken.set(step, before + 1);
    return before < count;
  });
}

describe('a swarm of real processes', () => {
  it('loses nothing and lands nothing twice when it is killed, at every step of a run', async () => {
    await prove(ofEachStep(sweepTrials(points, seed), 1));
  });

  it('survives kills at moments that nobody has chosen, of several runs at once too', async () => {
    await prove(randomTrials(seed, 2));
  });

  it('never crashes, hangs or leaves half a file when the disk fails', async () => {
    await prove(diskTrials(points, seed).slice(0, 5));
  });

  it('goes on after git was killed half-way, or met a lock', async () => {
    await prove(unluckyGitTrials(points, seed).slice(0, 4));
  });

  it('undoes and doubles nothing when it wakes up after its leases are over', async () => {
    await prove(pauseTrials(points, seed, 2));
  });

  it("leaves the user's checkout alone, and waits for it", async () => {
    await prove(userTrials(seed, 1));
  });

  it('lands each task of one queue once, whoever of two and of four runs takes it', async () => {
    const played = await runTrials(stage, crowdTrials(16), { atOnce: 1 });
    failed ||= played.some(({ verdict }) => verdict.problems.length > 0);
    expect(played.flatMap((each) => (each.verdict.problems.length === 0 ? [] : [failure(each, seed)]))).toEqual([]);
  });
});
