import type { FailureNote } from './asking-events.ts';
import type { FailureKind } from './failure.ts';
import { agentName } from './run-state.ts';
import type { ReviewRecord, RunState, TurnRecord } from './run-state.ts';
import { allIterations } from './run-tables.ts';

/** The failures of one kind in a run; a review is a turn of its reviewer. */
export interface FailureRow {
  readonly kind: FailureKind;
  readonly turns: number;
  /** How many were made good by a later turn of the same agent, for the same piece of work. */
  readonly again: number;
  /** How many were made good by another agent of the chain. */
  readonly fallback: number;
  /** Those that failed so, the most often first: `claude sonnet`. */
  readonly agents: readonly string[];
  readonly tasks: readonly string[];
}

/** The failures of a run by kind: what was not got over first, then the most frequent. What a stop ended is no failure. */
export function failureCounts(state: RunState): FailureRow[] {
  return groupsOf(failuresOf(state), ({ kind }) => kind)
    .map(([kind, failures]) => rowOf(kind, failures))
    .sort((a, b) => lost(b) - lost(a) || b.turns - a.turns);
}

/** How many failures of a row nothing made good. */
export function lost({ turns, again, fallback }: Pick<FailureRow, 'turns' | 'again' | 'fallback'>): number {
  return turns - again - fallback;
}

interface FailedTurn {
  readonly kind: FailureKind;
  readonly agent: string;
  /** Empty for a planner's. */
  readonly task: string;
  readonly gotOver: 'again' | 'fallback' | undefined;
}

/** A turn or a review, as far as failures go. */
interface Try {
  readonly agent: string;
  readonly failure: FailureNote | undefined;
  /** It brought what it was asked for. */
  readonly useful: boolean;
}

function failuresOf(state: RunState): FailedTurn[] {
  return [
    ...allIterations(state).flatMap(({ turns, reviews, task }) => [
      ...failuresIn(turns.map(tryOfTurn), task),
      ...failuresIn(reviews.map(tryOfReview), task),
    ]),
    ...failuresIn(state.planning.turns.map(tryOfTurn), ''),
  ];
}

/** An iteration does not go on after a chain that brought nothing: whoever answers after a failure has made it good. */
function failuresIn(tries: readonly Try[], task: string): FailedTurn[] {
  return tries.flatMap(({ agent, failure }, index) => {
    if (failure === undefined || failure.kind === 'stopped') return [];
    const useful = tries.slice(index + 1).find((later) => later.useful);
    const gotOver = useful === undefined ? undefined : useful.agent === agent ? 'again' : 'fallback';
    return [{ kind: failure.kind, agent, task, gotOver }];
  });
}

function tryOfTurn(turn: TurnRecord): Try {
  return { agent: agentName(turn), failure: turn.failure, useful: turn.ending === 'answered' };
}

function tryOfReview({ reviewer, verdict, failure }: ReviewRecord): Try {
  return { agent: reviewer, failure, useful: verdict !== 'failed' && verdict !== 'ambiguous' };
}

function rowOf(kind: FailureKind, failures: readonly FailedTurn[]): FailureRow {
  const agents = groupsOf(failures, ({ agent }) => agent).sort(([, a], [, b]) => b.length - a.length);
  return {
    kind,
    turns: failures.length,
    again: failures.filter(({ gotOver }) => gotOver === 'again').length,
    fallback: failures.filter(({ gotOver }) => gotOver === 'fallback').length,
    agents: agents.map(([agent]) => agent),
    tasks: [...new Set(failures.flatMap(({ task }) => (task === '' ? [] : [task])))],
  };
}

function groupsOf<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): [Key, Item[]][] {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups];
}
