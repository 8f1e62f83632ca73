import { waitsIn } from './checker-waits.ts';
import { countBy } from './logs.ts';
import { shareOfFailures } from './play-soak.ts';
import type { Played } from './play-soak.ts';

/** What a soak ends with: what was done, what was wrong, and the command that plays it again. */
export function report({ order, performed, checks, seconds, folder }: Played): string {
  const { calls, run, handles } = performed;
  const bad = checks.filter(({ problems }) => problems.length > 0);
  const count = (type: string) => run.events.filter((event) => event.type === type).length;
  const waits = waitsIn(run.events).map(({ from, to }) => to - from);
  const { tasks, workers, failures, seed } = order;
  return [
    `${String(tasks)} tasks, ${String(workers)} workers, seed ${seed}: ${seconds.toFixed(0)} s, ${String(calls.length)} agent processes, ${(100 * shareOfFailures(performed)).toFixed(0)} % of them failed or left something behind.`,
    `What they did: ${listed(calls.map(({ fate }) => fate))}.`,
    `Iterations: ${String(count('iteration:ended'))}; retries: ${String(count('retry:planned'))}, of which helped: ${String(count('retry:succeeded'))}; fallbacks: ${String(count('chain:advanced'))}; limits met: ${String(count('agent:limited'))}.`,
    `Waits for a limit in the middle of a task: ${String(waits.length)}, the longest ${(Math.max(0, ...waits) / 1000).toFixed(1)} s.`,
    `Handles of oompa: ${handles.map((each) => String(Object.values(each).reduce((a, b) => a + b, 0))).join(' after the warm-up, ')} at the end.`,
    ...bad.flatMap(({ name, problems }) => [`✗ ${name}`, ...problems.slice(0, 20).map((each) => `    ${each}`)]),
    ...(bad.length === 0
      ? []
      : [
          `Again: npm run soak -- --tasks ${String(tasks)} --workers ${String(workers)} --failures ${String(failures)} --seed ${seed}`,
          `What it left: ${folder}`,
        ]),
    `${String(checks.length - bad.length)} passed, ${String(bad.length)} failed`,
    '',
  ].join('\n');
}

function listed(words: readonly string[]): string {
  return Object.entries(countBy(words))
    .sort(([, one], [, other]) => other - one)
    .map(([word, times]) => `${word} ${String(times)}`)
    .join(', ');
}
