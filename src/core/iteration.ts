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
export type PromptKind = 'start' | 'answered' | 'continue' | 'fix' | 'nothing-changed' | 'conflict';

/** Something that the agent has to repair. All of it goes into each later fix turn and review. */
export interface Feedback {
  readonly source: 'review' | 'scope' | 'verify' | 'commit' | 'conflict';
  /** Review round; reviews only. */
  readonly round?: number;
  readonly text: string;
}

/** What oompa does next. */
export type Step =
  | { readonly kind: 'turn'; readonly prompt: PromptKind; readonly fresh: boolean }
  | { readonly kind: 'commit' }
  | { readonly kind: 'review'; readonly round: number }
  | { readonly kind: 'land' }
  /** Main's changes are merged into the worktree, conflict markers and all, for the agent to resolve. */
  | { readonly kind: 'merge-main' }
  | { readonly kind: 'settle'; readonly outcome: Outcome };

/** What came of a step. */
export type Fact =
  | { readonly kind: 'answered'; readonly signal: Signal | undefined }
  /** No agent of the chain brought a result; this is the failure that tells most, and whose it is. */
  | (Omit<Extract<Outcome, { kind: 'agent-failed' }>, 'kind'> & { readonly kind: 'turn-failed' })
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
}

/** Where an iteration stands. Plain data; `next` is its only author. */
export interface IterationState {
  readonly limits: IterationLimits;
  readonly turns: number;
  readonly rounds: number;
  readonly feedback: readonly Feedback[];
  readonly warnedOfNothing: boolean;
}

/** A state and the step that it asks for. */
export interface Move {
  readonly state: IterationState;
  readonly step: Step;
}

/** The first move of every iteration; `answered` = its agent asked a question, and resumes its session with the answer. */
export function begin(limits: IterationLimits, { answered = false } = {}): Move {
  const state: IterationState = {
    limits,
    turns: 0,
    rounds: 0,
    feedback: [],
    warnedOfNothing: false,
  };
  return answered ? turn(state, 'answered') : turn(state, 'start', { fresh: true });
}

/** The next move, given what came of the last one. */
export function next(state: IterationState, fact: Fact): Move {
  switch (fact.kind) {
    case 'answered':
      return afterAnswer(state, fact.signal);
    case 'turn-failed':
      return settle(state, { ...fact, kind: 'agent-failed' });
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
  return { state: { ...state, turns: state.turns + 1 }, step: { kind: 'turn', prompt, fresh } };
}

function settle(state: IterationState, outcome: Outcome): Move {
  return { state, step: { kind: 'settle', outcome } };
}

function withFeedback(state: IterationState, feedback: Feedback): IterationState {
  return { ...state, feedback: [...state.feedback, feedback] };
}
