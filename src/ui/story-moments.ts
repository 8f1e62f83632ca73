import type { StoryStep } from '../core/story.ts';
import { stashWords, trespassWords } from '../core/trespass.ts';
import { heldWords } from './phrases.ts';
import type { StoryLine } from './story-steps.ts';
import { oneLine, shortCommit, someOf, spokenTime } from './text.ts';

/** The steps that one event tells whole. */
type Moment = Extract<
  StoryStep,
  {
    readonly type:
      | 'setup:ended'
      | 'verify:waiting'
      | 'retry:planned'
      | 'chain:advanced'
      | `work:${'sent-back' | 'rescued'}`
      | `landing:${'landed' | 'held' | 'conflicted'}`
      | 'checkout:touched'
      | 'stash:kept';
  }
>;

/** The line of such a step. */
export function momentLine(step: Moment): StoryLine {
  const line = wordsOf(step);
  return { ...line, text: oneLine(line.text) };
}

function wordsOf(step: Moment): StoryLine {
  const { at } = step;
  switch (step.type) {
    case 'setup:ended': {
      const line = { at: beganAt(step), label: 'setup', ms: step.ms };
      return step.passed ? { ...line, text: step.command } : { ...line, text: `${step.command} failed`, style: 'red' };
    }
    case 'verify:waiting':
      return { at, label: 'wait', text: step.why };
    case 'retry:planned':
      return { at, label: 'retry', text: retryWords(step), style: 'yellow' };
    case 'chain:advanced':
      return { at, label: 'next', text: `${step.to} instead of ${step.agent}: ${step.why}`, style: 'yellow' };
    case 'work:sent-back': {
      const { source, text } = step.feedback;
      return { at, label: 'back', text: `sent back (${source}): ${text}`, style: 'yellow' };
    }
    case 'landing:landed':
      return { at, label: 'land', text: shortCommit(step.commit), style: 'green' };
    case 'landing:held':
      return { at, label: 'held', text: heldWords(step), style: 'yellow' };
    case 'landing:conflicted':
      return { at, label: 'merge', text: `conflicts with main in ${someOf(step.paths, 4)}`, style: 'yellow' };
    case 'checkout:touched':
      return { at, label: 'guard', text: trespassWords(step), style: 'red' };
    case 'stash:kept':
      return { at, label: 'guard', text: stashWords(step), style: 'red' };
    case 'work:rescued':
      return { at, label: 'kept', text: `${shortCommit(step.commit)} as ${step.ref}` };
  }
}

/** When something that took so long began. */
export function beganAt({ at, ms }: { readonly at: string; readonly ms: number }): string {
  return new Date(Date.parse(at) - ms).toISOString();
}

function retryWords(step: Extract<StoryStep, { readonly type: 'retry:planned' }>): string {
  const { agent, failure, try: number, afterMs } = step;
  return `${agent}: ${failure.kind}; try ${String(number)}${afterMs === 0 ? '' : ` in ${spokenTime(afterMs)}`}`;
}
