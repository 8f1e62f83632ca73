import type { AgentRow } from '../core/run-tables.ts';
import type { Usage } from '../core/usage.ts';
import type { Paint } from './paint.ts';
import { pageOf } from './run-summary.ts';
import { storyLines } from './run-story.ts';
import type { StoryLine } from './story-steps.ts';
import {
  counted,
  cut,
  dayTime,
  displayWidth,
  left,
  money,
  oneLine,
  packed,
  shortCommit,
  spokenTime,
  tokenCount,
  wrapped,
} from './text.ts';

/** A landing as its own commit tells of it: what is empty, it does not tell. */
export interface Landing {
  readonly commit: string;
  readonly title: string;
  /** ISO 8601. */
  readonly at: string;
  readonly task: string;
  readonly run: string;
  /** The how-manieth claim of the task it was. */
  readonly claim: string;
  readonly review: string;
  readonly verify: string;
}

/** What stands behind a commit. */
export interface Reasons {
  readonly commit: string;
  /** Undefined for work that is not on main. */
  readonly landing: Landing | undefined;
  /** The ref that keeps work which is not on main. */
  readonly kept: string | undefined;
  readonly run: string;
  readonly task: string;
  readonly title: string;
  /** Undefined when the folder of the run is gone, or its log does not know the work. */
  readonly told: Told | undefined;
}

/** What the log of its run knows. */
export interface Told {
  readonly worker: string;
  readonly iteration: number;
  readonly attempt: number;
  /** Where the task stood after it, in a word. */
  readonly standing: string;
  readonly agents: readonly (AgentRow & { readonly resumed: number })[];
  readonly checks: readonly { readonly command: string; readonly result: string; readonly ms: number }[];
  /** Of this iteration. */
  readonly usage: Usage;
  readonly ms: number;
  readonly steps: readonly StoryLine[];
  /** Earlier iterations of the task, oldest first, and how they ended. */
  readonly before: readonly { readonly run: string; readonly worker: string; readonly ending: string }[];
  readonly reviews: number;
  readonly rescue: string | undefined;
  /** The commit on main with which the work landed, whatever became of the commits that it was made of. */
  readonly landedAs: string | undefined;
}

/** `oompa why`: the task, who worked, what reviewers and checks said, what it cost, and where to read on. */
export function renderReasons(reasons: Reasons, view: { readonly columns: number; readonly paint: Paint }): string {
  const { columns, paint } = view;
  const head = `${shortCommit(reasons.commit)}  ${oneLine(reasons.title)}`;
  const facts = factsOf(reasons).flatMap(([name, text]) => {
    const room = columns - factWidth - 2;
    return wrapped(oneLine(text), room).map((line, index) => `  ${left(index === 0 ? name : '', factWidth)}${line}`);
  });
  const commands = packed(commandsOf(reasons), ' · ', columns - 2).map((line) => `  ${line}`);
  const short = cut(head, columns);
  return pageOf([
    [paint('bold', short), ...facts],
    reasons.told === undefined ? [] : storyLines(reasons.told.steps, view),
    commands,
  ]);
}

const factWidth = Math.max(...['verified', 'reviewed'].map(displayWidth)) + 2;

function factsOf({ commit, landing, kept, run, task, told }: Reasons): [string, string][] {
  const by = told === undefined ? '' : ` by ${told.worker}, iteration ${String(told.iteration)}`;
  return [
    ['task', `${task}${by}`],
    ['run', run],
    ...(landing === undefined
      ? asideFacts(kept, told)
      : [
          ...named('with', landing.commit === commit ? [] : [`${shortCommit(landing.commit)} ${landing.title}`]),
          ...named('landed', [dayTime(landing.at)]),
        ]),
    ...(told === undefined ? trailersOf(landing) : toldFacts(told)),
  ];
}

function asideFacts(kept: string | undefined, told: Told | undefined): [string, string][] {
  if (told?.landedAs !== undefined)
    return [['landed', `not this commit, but its work, squashed: ${shortCommit(told.landedAs)}`]];
  return [['kept', `not on main; ${kept ?? 'no ref leads to it'}`]];
}

/** All that is left when the run's folder is gone. */
function trailersOf(landing: Landing | undefined): [string, string][] {
  const known: [string, string][] =
    landing === undefined
      ? []
      : [
          ['reviewed', landing.review],
          ['verified', landing.verify],
          ['claim', landing.claim],
        ];
  return [
    ...known.filter(([, text]) => text !== ''),
    ['more', 'is not known: the folder of its run is gone, or its log does not tell of this work'],
  ];
}

function toldFacts(told: Told): [string, string][] {
  const agents = told.agents.map(({ agent, turns, resumed, reviews, failed }) => {
    const session = resumed === 0 ? '' : ` (${String(resumed)} in a resumed session)`;
    const parts = [
      ...(turns === 0 ? [] : [`${counted(turns, 'turn')}${session}`]),
      ...(reviews === 0 ? [] : [counted(reviews, 'review')]),
      ...(failed === 0 ? [] : [`${String(failed)} failed`]),
    ];
    return `${agent}: ${parts.join(', ')}`;
  });
  const checks = told.checks.map(({ command, result, ms }) => `${command} ${result} in ${spokenTime(ms)}`);
  const { input, output, costUsd } = told.usage;
  const cost = [money(costUsd), `${tokenCount(input + output)} tokens`, spokenTime(told.ms)];
  const before = told.before.map(
    ({ run, worker, ending }) => `${worker}: ${ending}${run === '' ? '' : ` (run ${run})`}`,
  );
  return [
    ...named('agents', agents),
    ...named('verified', checks),
    ['cost', cost.filter((part) => part !== '').join(', ')],
    ...named('before', before),
  ];
}

function named(name: string, texts: readonly string[]): [string, string][] {
  return texts.map((text, index) => [index === 0 ? name : '', text]);
}

function commandsOf({ commit, run, task, landing, told }: Reasons): string[] {
  const known =
    told === undefined
      ? []
      : [
          ...(told.reviews === 0 ? [] : [`oompa runs review ${task} --run ${run}`]),
          `oompa logs ${task} --run ${run}`,
          `oompa runs show ${run} --task ${task}`,
          ...(landing !== undefined || told.rescue === undefined ? [] : [`oompa rescue show ${task}`]),
        ];
  return [...known, `oompa tasks show ${task}`, `git show ${shortCommit(landing?.commit ?? commit)}`];
}
