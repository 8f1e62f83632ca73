import { stepOf } from './steps.ts';
import type { Trial, Verdict } from './trial.ts';

/** A trial and what came of it. */
export interface Played {
  readonly trial: Trial;
  readonly verdict: Verdict;
}

/** What a chaos run ends with: what was done, how often, and the commands that play again what went wrong. */
export function report(
  played: readonly Played[],
  { seed, seconds }: { readonly seed: string; readonly seconds: number },
): string {
  const done = played.flatMap(({ verdict }) => verdict.done);
  const kills = done.filter((each) => each.startsWith('kill '));
  const faults = done.filter((each) => !each.startsWith('kill '));
  const bad = played.filter(({ verdict }) => verdict.problems.length > 0);
  const spared = played.filter(({ verdict }) => verdict.done.length === 0).length;
  const restarts = played.map(({ verdict }) => verdict.restarts);
  return [
    `Seed ${seed}: ${String(played.length)} trials in ${seconds.toFixed(0)} s, ${String(kills.length)} kills, ${String(faults.length)} other faults.`,
    `Kills by step: ${counted(kills.map(stepOf))}.`,
    `Faults by kind: ${counted(faults.map(kindOf)) || 'none'}.`,
    `Trials in which nothing struck, because their run went another way: ${String(spared)}.`,
    `Healthy runs until the queue was dry: ${counted(restarts.map((count) => `${String(count)}×`))}.`,
    bad.length === 0 ? 'Nothing was lost, and nothing landed twice.' : `${String(bad.length)} trials failed:`,
    ...bad.map(({ trial }) => again(trial, seed)),
    '',
  ].join('\n');
}

/** One failed trial. */
export function failure({ trial, verdict }: Played, seed: string): string {
  const problems = verdict.problems.map((problem) => `  ${problem}`);
  return [trial.name, ...problems, again(trial, seed)].join('\n');
}

/** The command that plays a trial again. */
function again({ name }: Trial, seed: string): string {
  return `  npm run chaos -- --seed ${seed} --only ${quoted(name)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `ENOSPC fail half write …` → `ENOSPC half`; `kill-004 git …` → `git killed`. */
function kindOf(done: string): string {
  const [first = '', , side = ''] = done.split(' ');
  if (/^E[A-Z]+$/.test(first)) return side === 'half' ? `${first} after half of the bytes` : first;
  if (first === 'crowd') return 'several runs at once';
  return first === 'stop' ? 'paused past the lease' : `git: ${first.replace(/-\d+$/, '')}`;
}

/** `claim 12, land 3`, most first. */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${String(count)}`)
    .join(', ');
}
