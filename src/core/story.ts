import type { Of } from './asking-events.ts';
import type { RunEvent } from './event.ts';

/** Events that belong to an iteration, but for the chatter of its agents. */
export type StoryStep = Exclude<Extract<RunEvent, Of>, { readonly type: 'turn:said' }> | LimitWait;

/** It names its task, and no iteration: it belongs to the one that its worker is in. */
type LimitWait = Extract<RunEvent, { readonly type: 'limit:waiting' }>;

/** One claimed task from claim to outcome, step by step, as the log tells it. */
export interface IterationStory extends Of {
  /** In the order of the log, the claim first where the log has it; `iteration:ended` last where it has ended. */
  readonly steps: readonly StoryStep[];
}

/** The iterations of a run, in the order in which the log first speaks of them. Planners' turns are in none. */
export function storiesOf(events: Iterable<RunEvent>): IterationStory[] {
  const stories = new Map<string, Story>();
  const latest = new Map<string, Story>();
  for (const event of events) {
    if (event.type === 'limit:waiting') {
      const story = latest.get(event.worker);
      if (story?.task === event.task && story.steps.at(-1)?.type !== 'iteration:ended') story.steps.push(event);
    }
    if (!isStep(event)) continue;
    const { worker, task, iteration } = event;
    const key = `${worker} ${String(iteration)}`;
    const story = stories.get(key) ?? { worker, task, iteration, steps: [] };
    story.steps.push(event);
    stories.set(key, story);
    latest.set(worker, story);
  }
  return [...stories.values()];
}

type Story = Of & { readonly steps: StoryStep[] };

function isStep(event: RunEvent): event is Exclude<StoryStep, LimitWait> {
  return 'iteration' in event && event.type !== 'turn:said' && event.task !== '';
}
