import type { Failure, FailureKind } from './failure.ts';
import type { Outcome } from './outcome.ts';
import type { Signal } from './protocol.ts';
import { unreachable } from './unreachable.ts';

/*
 *  turn ──ready──▶ commit ──changes──▶ review ──approved──▶ land ──landed──▶ settle
 *   ▲ │              │ ▲                  │                   │
 *   │ └─no signal    │ └── (no reviewer: straight to land) ── │
 *   │                │                    │                   │
 *   └── feedback ◀───┴── sent back ◀──────┴── needs changes ◀─┴── red verify, conflict
 *
 *  Every arrow back is a turn, and turns are limited; every limit is an outcome of its own.
 */

/** What a turn's prompt is about. */
export type PromptKind = 'start' | 'continue' | 'fix' | 'nothing-changed' | 'conflict';

/** Something that the agent has to repair. All of it goes into each later fix turn and review. */
export interface Feedback {
  readonly source: 'review' | 'scope' | 'verify' | 'commit' | 'conflict';
  /** Review round; reviews only. */
  readonly round?: number;
  readonly text: string;
}

/** What oompa does next. */
export type Step =
  | { readonly kind: 'turn'; readonly prompt: PromptKind; readonly fresh: boolean; readonly link: number }
  | { readonly kind: 'commit' }
  | { readonly kind: 'review'; readonly round: number }
  | { readonly kind: 'land' }
  /** Main's changes are merged into the worktree, conflict markers and all, for the agent to resolve. */
  | { readonly kind: 'merge-main' }
  | { readonly kind: 'settle'; readonly outcome: Outcome };

/** What came of a step. */
export type Fact =
  | { readonly kind: 'answered'; readonly signal: Signal | undefined }
  | { readonly kind: 'turn-failed'; readonly failure: Failure }
  /** There is work on the branch, and it may be touched. */
  | { readonly kind: 'committed' }
  | { readonly kind: 'unchanged'; readonly proposed: readonly string[] }
  /** The work can't be reviewed as it is: out of scope, refused by a hook, a merge half done. */
  | { readonly kind: 'sent-back'; readonly feedback: Feedback }
  | { readonly kind: 'approved' }
  | { readonly kind: 'changes-wanted'; readonly feedback: Feedback }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'conflicted'; readonly feedback: Feedback }
  | { readonly kind: 'main-merged' }
  | { readonly kind: 'verify-red'; readonly feedback: Feedback }
  /** The step itself found the iteration's end. */
  | { readonly kind: 'ended'; readonly outcome: Outcome };

/** What one iteration may use. */
export interface IterationLimits {
  readonly maxTurns: number;
  /** 0 = there is no reviewer. */
  readonly maxRounds: number;
  /** How many harness+model pairs the worker's chain has; at least 1. */
  readonly links: number;
}

/** Where an iteration stands. Plain data; `next` is its only author. */
export interface IterationState {
  readonly limits: IterationLimits;
  readonly turns: number;
  readonly rounds: number;
  readonly feedback: readonly Feedback[];
  /** Which pair of the chain works now, and how often its present turn was tried again. */
  readonly link: number;
  readonly retries: number;
  readonly prompt: PromptKind;
  readonly warnedOfNothing: boolean;
}

/** A state and the step that it asks for. */
export interface Move {
  readonly state: IterationState;
  readonly step: Step;
}

/** The first move of every iteration. */
export function begin(limits: IterationLimits): Move {
  const state: IterationState = {
    limits,
    turns: 0,
    rounds: 0,
    feedback: [],
    link: 0,
    retries: 0,
    prompt: 'start',
    warnedOfNothing: false,
  };
  return turn(state, 'start', { fresh: true });
}

/** The next move, given what came of the last one. */
export function next(state: IterationState, fact: Fact): Move {
  switch (fact.kind) {
    case 'answered':
      return afterAnswer({ ...state, retries: 0 }, fact.signal);
    case 'turn-failed':
      return afterFailure(state, fact.failure);
    case 'committed':
      return state.limits.maxRounds === 0 ? { state, step: { kind: 'land' } } : review(state);
    case 'unchanged':
      return afterNothing(state, fact.proposed);
    case 'sent-back':
    case 'verify-red':
      return turn(withFeedback(state, fact.feedback), 'fix');
    case 'approved':
      return { state, step: { kind: 'land' } };
    case 'changes-wanted':
      return afterObjection(withFeedback(state, fact.feedback));
    case 'rejected':
      return settle(state, { kind: 'rejected', reason: fact.reason });
    case 'conflicted':
      return { state: withFeedback(state, fact.feedback), step: { kind: 'merge-main' } };
    case 'main-merged':
      return turn(state, 'conflict');
    case 'ended':
      return settle(state, fact.outcome);
    default:
      return unreachable(fact);
  }
}

function afterAnswer(state: IterationState, signal: Signal | undefined): Move {
  if (signal === undefined) return turn(state, 'continue');
  switch (signal.kind) {
    case 'ready':
      return { state, step: { kind: 'commit' } };
    case 'needs-followup':
      return settle(state, { kind: 'needs-followup', why: signal.why });
    case 'needs-input':
      return settle(state, { kind: 'needs-input', question: signal.question });
    case 'done':
      return turn(state, 'start', { fresh: true });
    default:
      return unreachable(signal);
  }
}

function afterFailure(state: IterationState, failure: Failure): Move {
  if (failure.kind === 'stopped') return settle(state, { kind: 'interrupted' });
  if (sessionIsLost.has(failure.kind) && state.retries === 0) {
    return turn({ ...state, retries: 1 }, state.prompt, { fresh: true });
  }
  if (worthOneMoreTry.has(failure.kind) && state.retries === 0) return turn({ ...state, retries: 1 }, state.prompt);
  if (state.link + 1 < state.limits.links) {
    return turn({ ...state, link: state.link + 1, retries: 0 }, state.prompt, { fresh: true });
  }
  return settle(state, { kind: 'agent-failed', failure });
}

function afterNothing(state: IterationState, proposed: readonly string[]): Move {
  if (proposed.length > 0) return settle(state, { kind: 'proposed', tasks: proposed });
  if (state.warnedOfNothing) return settle(state, { kind: 'no-changes' });
  return turn({ ...state, warnedOfNothing: true }, 'nothing-changed');
}

function afterObjection(state: IterationState): Move {
  if (state.rounds >= state.limits.maxRounds) return settle(state, { kind: 'rounds-exhausted', rounds: state.rounds });
  return turn(state, 'fix');
}

function review(state: IterationState): Move {
  // A conflict's resolution is reviewed again even when the rounds are used up: nothing lands unseen.
  const round = state.rounds + 1;
  return { state: { ...state, rounds: round }, step: { kind: 'review', round } };
}

function turn(state: IterationState, prompt: PromptKind, { fresh = false } = {}): Move {
  if (state.turns >= state.limits.maxTurns) return settle(state, { kind: 'turns-exhausted', turns: state.turns });
  return {
    state: { ...state, turns: state.turns + 1, prompt },
    step: { kind: 'turn', prompt, fresh, link: state.link },
  };
}

function settle(state: IterationState, outcome: Outcome): Move {
  return { state, step: { kind: 'settle', outcome } };
}

function withFeedback(state: IterationState, feedback: Feedback): IterationState {
  return { ...state, feedback: [...state.feedback, feedback] };
}

const sessionIsLost: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'session-gone',
  'session-in-use',
  'context-full',
]);

const worthOneMoreTry: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'rate-limited',
  'overloaded',
  'network',
  'state-locked',
  'no-output',
  'no-final-message',
  'timeout',
  'silent',
  'crashed',
  'unknown',
]);
