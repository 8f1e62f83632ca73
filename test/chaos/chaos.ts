import { parseArgs } from 'node:util';
import { crowdTrials } from './crowd.ts';
import { diskTrials } from './disk.ts';
import { pauseTrials } from './pause.ts';
import { randomTrials } from './random.ts';
import { failure, report } from './report.ts';
import { runTrials } from './run-trials.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { recordPoints, sweepTrials } from './sweep.ts';
import type { Trial } from './trial.ts';
import { unluckyGitTrials } from './unlucky-git.ts';
import { userTrials } from './user.ts';

/** `npm run chaos -- [--kills 500] [--seed 1] [--only <part of a name>] [--source <working tree>]`; exit code 1 when anything is wrong. */
const { kills, seed, only, source } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    source: { type: 'string' },
  },
}).values;

const stage = await openStage(source);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const begun = performance.now();
const trials = await chosenTrials(stage, Number(kills));
say(`${String(trials.length)} trials, seed ${seed}, in ${stage.folder}`);
const played = await runTrials(stage, trials, {
  atOnce: 2,
  onEnd: (one, index) => {
    if (one.verdict.problems.length > 0) say(failure(one, seed));
    if (index % 25 === 0) say(`${String(index)} of ${String(trials.length)}`);
  },
});
process.stdout.write(report(played, { seed, seconds: (performance.now() - begun) / 1000 }));
const isWell = played.length > 0 && played.every(({ verdict }) => verdict.problems.length === 0);
process.exitCode = isWell ? 0 : 1;
// What failed stays, to be looked at.
if (isWell) await stage.close();

/** Two thirds of the kills at each operation in turn, one third at random; for each kill half of another bad turn. */
async function chosenTrials(of: Stage, wanted: number): Promise<Trial[]> {
  const points = await recordPoints(of);
  const sweep = sweepTrials(points, seed);
  const disk = diskTrials(points, seed);
  const git = unluckyGitTrials(points, seed);
  const crowd = crowdTrials(200);
  if (only !== undefined) {
    const each = [pauseTrials(points, seed, points.length), userTrials(seed, 999), randomTrials(seed, 999)];
    const all = [...sweep, ...disk, ...git, ...crowd, ...each.flat()];
    const exactly = all.filter(({ name }) => name === only);
    return exactly.length > 0 ? exactly : all.filter(({ name }) => name.includes(only));
  }
  const swept = Math.min(sweep.length, Math.ceil((wanted * 2) / 3));
  const others = Math.ceil(wanted / 5);
  return [
    ...sweep.slice(0, swept),
    // Such a trial kills two or more times, unless a run has come to its end before.
    ...randomTrials(seed, Math.ceil((wanted - swept) / 1.5)),
    ...disk.slice(0, others),
    ...git.slice(0, others),
    ...pauseTrials(points, seed, Math.ceil(others / 2)),
    ...userTrials(seed, Math.ceil(others / 4)),
    ...crowd,
  ];
}

function say(text: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}
