import { diceOf } from './dice.ts';
import type { Stage } from './stage.ts';
import { startSwarm } from './swarm.ts';
import type { Fault, Side } from './swarm.ts';
import { playOn } from './trial.ts';
import type { Trial } from './trial.ts';
import { makeWorkspace } from './workspace.ts';
import type { Scene } from './workspace.ts';

/** A kind of run that is swept from end to end: one worker, so that its operations come in the same order each time. */
interface Swept {
  readonly name: string;
  readonly scene: Scene;
}

const plain = { workers: 1, strategy: 'merge', main: 'checked-out', reviewed: true, verified: true } as const;

/** The first is swept whole; of the others, what the first does not do. */
const sweeps: readonly [Swept, ...Swept[]] = [
  { name: 'checked-out', scene: { ...plain, tasks: ['a-fussy-red'] } },
  { name: 'elsewhere', scene: { ...plain, tasks: ['a-commits-two'], main: 'elsewhere' } },
  { name: 'squash', scene: { ...plain, tasks: ['a-commits'], strategy: 'squash', reviewed: false } },
  { name: 'not-landing', scene: { ...plain, tasks: ['a-ask', 'b-fail'], verified: false } },
  { name: 'second-run', scene: { ...plain, tasks: ['a', 'b-server'], reviewed: false } },
];

/** The states in which tasks end that do not land. */
export const endStates = (tasks: readonly string[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    tasks.flatMap((id) => (/-ask\b/.test(id) ? [[id, ['blocked']]] : /-fail\b/.test(id) ? [[id, ['failed']]] : [])),
  );

/** An operation of a recorded run, by its name and how often that has come. */
export interface Point {
  readonly sweep: string;
  readonly scene: Scene;
  readonly name: string;
  readonly occurrence: number;
}

/** Records a healthy run of each kind, and gives all operations that are worth a fault. */
export async function recordPoints(stage: Stage): Promise<Point[]> {
  const points: Point[] = [];
  const known = new Set<string>();
  for (const { name: sweep, scene } of sweeps) {
    const workspace = await makeWorkspace(stage, scene);
    const { operations } = await startSwarm(stage, workspace).ended;
    await workspace.remove();
    const met = new Map<string, number>();
    for (const name of operations) {
      const occurrence = (met.get(name) ?? 0) + 1;
      met.set(name, occurrence);
      const general = name.replaceAll(/\b[ab](-\w+)*\b/g, 'TASK');
      if (sweep === sweeps[0].name || !known.has(general)) points.push({ sweep, scene, name, occurrence });
    }
    for (const name of met.keys()) known.add(name.replaceAll(/\b[ab](-\w+)*\b/g, 'TASK'));
  }
  return points;
}

/** A kill at every operation. Each gets one side, by the seed; then the other sides follow: take as many as there is time for. */
export function sweepTrials(points: readonly Point[], seed: string): Trial[] {
  const dice = diceOf(`${seed} sweep`);
  const sided = points.map((point) => ({ point, sides: dice.shuffle(sidesOf(point.name)) }));
  const most = Math.max(...sided.map(({ sides }) => sides.length));
  const rounds = Array.from({ length: most }, (_, round) =>
    dice.shuffle(
      sided.flatMap(({ point, sides }) => (sides[round] === undefined ? [] : [{ point, side: sides[round] }])),
    ),
  );
  return rounds.flat().map(({ point, side }) => trialAt(point, side));
}

function trialAt({ sweep, scene, name, occurrence }: Point, side: Side): Trial {
  const fault: Fault = { at: { name, occurrence }, side, act: 'kill' };
  return {
    name: `sweep ${sweep}: ${side} ${name} #${String(occurrence)}`,
    play: (stage) =>
      playOn(
        stage,
        scene,
        async ({ run, checkInterrupted }) => {
          await run({ fault });
          await checkInterrupted();
        },
        { states: endStates(scene.tasks) },
      ),
  };
}

function sidesOf(name: string): Side[] {
  if (name.includes(' ← ')) return ['before', 'half', 'after'];
  if (/^(git|sh) /.test(name)) return ['before', 'after', 'ended'];
  return name.startsWith('write ') ? ['before', 'half', 'after'] : ['before', 'after'];
}
