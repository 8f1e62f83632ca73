import type { RunEvent } from '../core/event.ts';
import { agentName } from '../core/run-state.ts';
import { failureMessage } from './phrases.ts';
import { beganAt } from './story-moments.ts';
import type { StoryLine } from './story-steps.ts';
import { counted, oneLine, someOf } from './text.ts';

/** What the planner of a run did: one line a turn of it, and one for what came of each planning. */
export function planningLines(events: Iterable<RunEvent>): StoryLine[] {
  const lines: StoryLine[] = [];
  let tasks: string[] = [];
  for (const event of events) {
    try {
      tell(event);
    } catch {
      // The log may be of another version, or edited: an event of a foreign shape tells nothing.
    }
  }
  return lines;

  function tell(event: RunEvent): void {
    const { at } = event;
    if (event.type === 'planner:started') {
      tasks = [];
      lines.push({ at, label: 'plan', text: `${counted(event.pending, 'task')} pending` });
    } else if (event.type === 'turn:ended' && event.task === '') {
      lines.push(turnLine(event));
    } else if (event.type === 'task:added' && event.by === 'planner') {
      tasks.push(event.task);
    } else if (event.type === 'task:refused' && event.by === 'planner') {
      lines.push({ at, label: 'refused', text: oneLine(`${event.path}: ${event.message}`), style: 'yellow' });
    } else if (event.type === 'planner:ended') {
      const names = tasks.length === 0 ? '' : `: ${someOf(tasks, 6)}`;
      const why = event.why === '' ? '' : `; ${event.why}`;
      lines.push({ at, label: 'added', text: oneLine(`${counted(event.added, 'task')}${names}${why}`) });
    }
  }
}

function turnLine(turn: Extract<RunEvent, { readonly type: 'turn:ended' }>): StoryLine {
  const { kind, detail } = turn.failure ?? { kind: 'unknown', detail: '' };
  const words = turn.ending === 'answered' ? 'answered' : `failed: ${failureMessage(kind, turn).what} ${detail}`;
  return {
    at: beganAt(turn),
    label: `turn ${String(turn.turn)}`,
    text: oneLine(`${agentName(turn)}: ${words}`),
    ms: turn.ms,
    ...(turn.ending === 'answered' ? {} : { style: 'red' }),
  };
}
