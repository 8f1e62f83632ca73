import type { Played } from './report.ts';
import type { Stage } from './stage.ts';
import type { Trial, Verdict } from './trial.ts';

/** Plays all trials, some at a time, each on a workspace of its own. `onEnd` is told of each as it ends. */
export async function runTrials(
  stage: Stage,
  trials: readonly Trial[],
  {
    atOnce,
    onEnd = () => undefined,
  }: { readonly atOnce: number; readonly onEnd?: (played: Played, index: number) => void },
): Promise<Played[]> {
  const played: Played[] = [];
  const waiting = [...trials];
  async function lane(): Promise<void> {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
      const one = { trial, verdict: await trial.play(stage).catch(brokenRig) };
      played.push(one);
      onEnd(one, played.length);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane));
  return played;
}

/** What the check could not even read is wrong too. */
function brokenRig(error: unknown): Verdict {
  return {
    problems: [`the check itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`],
    done: [],
    restarts: 0,
  };
}
