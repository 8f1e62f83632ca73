import type { Of } from './asking-events.ts';
import type { RunEvent } from './event.ts';

/** Events that belong to an iteration, but for the chatter of its agents. */
export type StoryStep = Exclude<Extract<RunEvent, Of>, { readonly type: 'turn:said' }>;

/** One claimed task from claim to outcome, step by step, as the log tells it. */
export interface IterationStory extends Of {
  /** In the order of the log, the claim first where the log has it; `iteration:ended` last where it has ended. */
  readonly steps: readonly StoryStep[];
}

/** The iterations of a run, in the order in which the log first speaks of them. Planners' turns are in none. */
export function storiesOf(events: Iterable<RunEvent>): IterationStory[] {
  const stories = new Map<string, Of & { readonly steps: StoryStep[] }>();
  for (const event of events) {
    if (!isStep(event)) continue;
    const { worker, task, iteration } = event;
    const key = `${worker} ${String(iteration)}`;
    const known = stories.get(key);
    if (known === undefined) stories.set(key, { worker, task, iteration, steps: [event] });
    else known.steps.push(event);
  }
  return [...stories.values()];
}

function isStep(event: RunEvent): event is StoryStep {
  return 'iteration' in event && event.type !== 'turn:said' && event.task !== '';
}
