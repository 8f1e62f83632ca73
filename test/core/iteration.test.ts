import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { begin, next } from '../../src/core/iteration.ts';
import type { Fact, IterationLimits, Move } from '../../src/core/iteration.ts';

const limits: IterationLimits = { maxTurns: 8, maxRounds: 3 };
const ready: Fact = { kind: 'answered', signal: { kind: 'ready' } };
const silent: Fact = { kind: 'answered', signal: undefined };
const wanted: Fact = { kind: 'changes-wanted', feedback: { source: 'review', round: 1, text: 'more' } };
const conflicted: Fact = { kind: 'conflicted', feedback: { source: 'conflict', text: 'a.ts' } };
const landed: Fact = { kind: 'ended', outcome: { kind: 'landed', commit: 'c0ffee' } };
const failed = (kind: 'crashed'): Fact => ({
  kind: 'turn-failed',
  failure: { kind, detail: 'x' },
});

/** Feeds facts one after the other and gives every step on the way, in short. */
function path(facts: readonly Fact[], given: Partial<IterationLimits> = {}): string[] {
  let move = begin({ ...limits, ...given });
  const steps = [short(move)];
  for (const fact of facts) {
    move = next(move.state, fact);
    steps.push(short(move));
  }
  return steps;
}

function short({ step }: Move): string {
  switch (step.kind) {
    case 'turn':
      return `turn ${step.prompt}${step.fresh ? ' fresh' : ''}`;
    case 'review':
      return `review ${String(step.round)}`;
    case 'settle':
      return step.outcome.kind;
    case 'commit':
    case 'land':
    case 'merge-main':
      return step.kind;
  }
}

describe('an iteration', () => {
  test('goes from a turn through commit and review to landing', () => {
    expect(path([ready, { kind: 'committed' }, { kind: 'approved' }, landed])).toEqual([
      'turn start fresh',
      'commit',
      'review 1',
      'land',
      'landed',
    ]);
  });

  test('lands without a review when the pool has no reviewer', () => {
    expect(path([ready, { kind: 'committed' }, landed], { maxRounds: 0 })).toEqual([
      'turn start fresh',
      'commit',
      'land',
      'landed',
    ]);
  });

  test('resumes the session when an answer has no signal', () => {
    expect(path([silent, ready])).toEqual(['turn start fresh', 'turn continue', 'commit']);
  });

  test('starts a fresh session after __DONE__', () => {
    expect(path([{ kind: 'answered', signal: { kind: 'done' } }]).at(-1)).toBe('turn start fresh');
  });

  test('sends the feedback of a review back and reviews again', () => {
    expect(path([ready, { kind: 'committed' }, wanted, ready, { kind: 'committed' }])).toEqual([
      'turn start fresh',
      'commit',
      'review 1',
      'turn fix',
      'commit',
      'review 2',
    ]);
  });

  test('ends when the last round still wants changes', () => {
    expect(path([ready, { kind: 'committed' }, wanted], { maxRounds: 1 }).at(-1)).toBe('rounds-exhausted');
  });

  test('ends at once when the approach is rejected', () => {
    expect(path([ready, { kind: 'committed' }, { kind: 'rejected', reason: 'no' }]).at(-1)).toBe('rejected');
  });

  test('P3: reviews the resolution of a conflict again before it lands, even when the rounds are used up', () => {
    const facts = [
      ready,
      { kind: 'committed' },
      { kind: 'approved' },
      conflicted,
      { kind: 'main-merged' },
      ready,
      { kind: 'committed' },
    ] as const;
    expect(path(facts, { maxRounds: 1 })).toEqual([
      'turn start fresh',
      'commit',
      'review 1',
      'land',
      'merge-main',
      'turn conflict',
      'commit',
      'review 2',
    ]);
  });

  test('gives red checks back to the agent and reviews the result again', () => {
    const red: Fact = { kind: 'verify-red', feedback: { source: 'verify', text: 'red' } };
    expect(
      path([ready, { kind: 'committed' }, { kind: 'approved' }, red, ready, { kind: 'committed' }]).slice(3),
    ).toEqual(['land', 'turn fix', 'commit', 'review 2']);
  });

  test('P5: an agent that says ready and changed nothing is asked once, then it has not worked', () => {
    const nothing: Fact = { kind: 'unchanged', proposed: [] };
    expect(path([ready, nothing, ready, nothing]).slice(2)).toEqual(['turn nothing-changed', 'commit', 'no-changes']);
  });

  test('is done without a review when only tasks were proposed', () => {
    expect(path([ready, { kind: 'unchanged', proposed: ['a'] }]).at(-1)).toBe('proposed');
  });

  test.each([
    [{ kind: 'needs-input', question: 'q?' }, 'needs-input'],
    [{ kind: 'needs-followup', why: 'w' }, 'needs-followup'],
  ] as const)('ends with what the agent asks for: %j', (signal, outcome) => {
    expect(path([{ kind: 'answered', signal }]).at(-1)).toBe(outcome);
  });

  test('ends with the last failure when nobody of the chain brought a result', () => {
    expect(path([silent, failed('crashed')])).toEqual(['turn start fresh', 'turn continue', 'agent-failed']);
  });

  test('begins with the answer to its question in the session that asked it', () => {
    const { step } = begin(limits, { answered: true });
    expect(step).toEqual({ kind: 'turn', prompt: 'answered', fresh: false });
  });

  test('P10: always ends within its turns, whatever happens', () => {
    const fact = fc.constantFrom<Fact>(
      ready,
      silent,
      wanted,
      conflicted,
      failed('crashed'),
      { kind: 'committed' },
      { kind: 'approved' },
      { kind: 'main-merged' },
      { kind: 'unchanged', proposed: [] },
      { kind: 'sent-back', feedback: { source: 'scope', text: 's' } },
      { kind: 'answered', signal: { kind: 'done' } },
    );
    fc.assert(
      fc.property(fc.infiniteStream(fact), fc.integer({ min: 1, max: 12 }), (facts, maxTurns) => {
        let move = begin({ maxTurns, maxRounds: 3 });
        let turns = 0;
        for (const given of facts) {
          if (move.step.kind === 'settle') break;
          if (move.step.kind === 'turn') turns += 1;
          move = next(move.state, fitting(move, given));
        }
        expect(turns).toBeLessThanOrEqual(maxTurns);
      }),
    );
  });
});

/** Any fact, bent to one that this step can really have: the engine never gives another. */
function fitting(move: Move, given: Fact): Fact {
  const possible: Record<string, readonly Fact['kind'][]> = {
    turn: ['answered', 'turn-failed'],
    commit: ['committed', 'unchanged', 'sent-back'],
    review: ['approved', 'changes-wanted'],
    land: ['conflicted'],
    'merge-main': ['main-merged'],
  };
  const kinds = possible[move.step.kind] ?? [];
  if (kinds.includes(given.kind)) return given;
  const fallback: Record<string, Fact> = {
    turn: ready,
    commit: { kind: 'committed' },
    review: { kind: 'approved' },
    land: conflicted,
    'merge-main': { kind: 'main-merged' },
  };
  return fallback[move.step.kind] ?? ready;
}
