import type { QueueCounts, QueuedTask, QueueListing } from '../../queue/queue.ts';
import { taskStates } from '../../core/task.ts';
import type { Check } from '../../ui/doctor.ts';
import { counted, someOf } from '../../ui/text.ts';

/** How many tasks there are, and every file that cannot be read (at most ten of them). */
export function taskChecks(counts: QueueCounts, { unreadable }: QueueListing): Check[] {
  const states = taskStates.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  const tasks: Check =
    states.length === 0
      ? { status: 'ok', text: 'no tasks yet', hint: 'add one with: oompa tasks add "…"' }
      : { status: 'ok', text: `tasks: ${states.join(', ')}` };
  const named = unreadable.slice(0, mostNamed).map(({ path, line, column, message }): Check => {
    const text = `${path}:${line}:${column}  ${message}`;
    return { status: 'warn', text, hint: 'nobody claims it until it can be read; check with: oompa tasks lint' };
  });
  const rest = unreadable.length - mostNamed;
  if (rest <= 0) return [tasks, ...named];
  const text = `${counted(rest, 'more task file')} that cannot be read`;
  return [tasks, ...named, { status: 'warn', text, hint: 'all of them: oompa tasks lint' }];
}

const mostNamed = 10;

/** Tasks that were left claimed by runs which are gone. Held ones wait for the user's checkout, the others for the next run. */
export function strandedTaskChecks(tasks: readonly QueuedTask[], liveRuns: ReadonlySet<string>): Check[] {
  const stranded = tasks.filter(({ state, owner }) => state === 'current' && !liveRuns.has(owner?.run ?? ''));
  const isHeld = ({ task }: QueuedTask) => task.record.outcome === 'held';
  return [
    ...strandedCheck(stranded.filter(isHeld), 'approved and held', 'land it with: oompa land'),
    ...strandedCheck(
      stranded.filter((task) => !isHeld(task)),
      'left claimed by a run that is gone',
      'the next run takes it up: oompa swarm',
    ),
  ];
}

function strandedCheck(tasks: readonly QueuedTask[], what: string, hint: string): Check[] {
  if (tasks.length === 0) return [];
  const ids = tasks.map(({ task }) => task.id);
  return [{ status: 'warn', text: `${counted(ids.length, 'task')} ${what}: ${someOf(ids, 5)}`, hint }];
}
