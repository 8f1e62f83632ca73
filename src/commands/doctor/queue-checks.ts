import type { QueueCounts, QueueListing } from '../../queue/queue.ts';
import { taskStates } from '../../core/task.ts';
import type { Check } from '../../ui/doctor.ts';
import { counted } from '../../ui/text.ts';

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
