import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { LogEvent, RunLog } from './logs.ts';
import { countBy, textIn } from './logs.ts';
import type { PlannedTask } from './plan.ts';
import { blamelessKinds } from './policy.ts';
import type { Stage } from './stage.ts';
import { limits } from './swarm-config.ts';

/** What a task's own file says. */
export interface Standing {
  readonly state: 'complete' | 'failed';
  readonly attempts: number;
}

/** What the files of settled tasks say, by task. */
export async function readAttempts(
  { workspace: { root } }: Stage,
  tasks: readonly PlannedTask[],
): Promise<ReadonlyMap<string, Standing>> {
  const standings = new Map<string, Standing>();
  for (const { id } of tasks) {
    for (const state of ['complete', 'failed'] as const) {
      const text = await readFile(join(root, 'tasks', state, `${id}.yaml`), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const task = parse(text) as { readonly oompa?: { readonly attempts?: number } };
      standings.set(id, { state, attempts: task.oompa?.attempts ?? 0 });
    }
  }
  return standings;
}

/** The attempts that the run log tells of are those in the files; a task has failed when they are used up, and only then. */
export function checkAttempts(standings: ReadonlyMap<string, Standing>, { events }: RunLog): string[] {
  const used = countBy(events.filter(usesAttempt).map((event) => textIn(event, 'task')));
  return [...standings].flatMap(([id, { state, attempts }]) => {
    const expected = used[id] ?? 0;
    const isUsedUp = expected >= limits.attempts;
    return [
      ...(attempts === expected
        ? []
        : [`${id} says that it had ${String(attempts)} attempts; it had ${String(expected)}`]),
      ...((state === 'failed') === isUsedUp ? [] : [`${id} is ${state} after ${String(expected)} attempts`]),
    ];
  });
}

function usesAttempt(event: LogEvent): boolean {
  if (event.type !== 'iteration:ended') return false;
  const { outcome } = event as {
    readonly outcome?: {
      readonly kind?: string;
      readonly unreached?: boolean;
      readonly failure?: { readonly kind?: string };
    };
  };
  if (outcome?.kind === 'landed') return false;
  if (outcome?.kind === 'agent-failed') return !blamelessKinds.has(outcome.failure?.kind ?? '');
  return outcome?.kind !== 'review-unavailable' || outcome.unreached !== true;
}
