import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import {
  budgetKey,
  noteUse,
  openLedger,
  oversizedTurns,
  overHard,
  reached,
  reserve,
  settle,
} from '../../src/core/budget.ts';
import type { Budget, BudgetConfig, Ledger, Reservation, TurnOf } from '../../src/core/ledger.ts';

const minute = 60_000;
const pools: BudgetConfig['workers'] = [{ name: 'builders' }, { name: 'fast' }];

function ledgerOf(limits: BudgetConfig['limits'], workers = pools): Ledger {
  return openLedger({ limits, workers }, 0);
}

function turnOf(of: Partial<TurnOf> = {}): TurnOf {
  return { task: 'a', pool: 'builders', agent: 'claude sonnet', ...of };
}

/** Tokens and dollars of a turn. */
function used(tokens: number, costUsd?: number) {
  return { input: tokens, output: 0, ...(costUsd === undefined ? {} : { costUsd }) };
}

function begin(ledger: Ledger, of: Partial<TurnOf> = {}, now = 0): { ledger: Ledger; reservation: Reservation } {
  const leave = reserve(ledger, turnOf(of), now);
  if (leave.kind !== 'reserved') throw new Error(`${leave.kind}: ${leave.scope} ${leave.what}`);
  return leave;
}

/** A turn from its beginning to its end. */
function turn(ledger: Ledger, tokens: number, of: Partial<TurnOf> = {}, ms = 0): Ledger {
  const begun = begin(ledger, of);
  return settle(begun.ledger, begun.reservation, used(tokens, tokens / 100), ms);
}

describe('a turn', () => {
  it('begins where nothing is limited', () => {
    expect(reserve(ledgerOf({}), turnOf(), 0)).toMatchObject({ kind: 'reserved', reservation: { id: 1 } });
  });

  it.each<[string, BudgetConfig['limits'], BudgetConfig['workers'], string, string]>([
    ['run', { max_tokens: 100 }, pools, '', 'tokens'],
    ['run', { max_cost_usd: 1 }, pools, '', 'cost'],
    ['task', { task: { max_tokens: 100 } }, pools, 'a', 'tokens'],
    ['task', { task: { max_runtime: minute } }, pools, 'a', 'runtime'],
    ['pool', {}, [{ name: 'builders', limits: { max_cost_usd: 1 } }], 'builders', 'cost'],
  ])('begins until what its %s may use is used up: %j', (scope, limits, workers, name, what) => {
    const once = turn(ledgerOf(limits, workers), 60, {}, 40_000);
    const twice = turn(once, 60, {}, 40_000);
    expect(reserve(twice, turnOf(), 0)).toMatchObject({ kind: 'refused', scope, name, what, hard: false });
  });

  it('is refused for its own task and pool, and not for those of others', () => {
    const limits = { task: { max_tokens: 100 } };
    const spent = turn(ledgerOf(limits, [{ name: 'builders', limits: { max_tokens: 150 } }, { name: 'fast' }]), 120);
    const kinds = [turnOf(), turnOf({ task: 'b' }), turnOf({ pool: 'fast' }), { task: '', agent: 'claude opus' }].map(
      (each) => reserve(spent, each, 0).kind,
    );
    expect(kinds).toEqual(['refused', 'reserved', 'refused', 'reserved']);
    expect(reserve(turn(spent, 60, { task: 'b' }), turnOf({ task: 'c' }), 0)).toMatchObject({ scope: 'pool' });
  });

  it('is refused for the widest reason', () => {
    const spent = turn(ledgerOf({ max_tokens: 100, task: { max_tokens: 100 } }), 120);
    expect(reserve(spent, turnOf(), 0)).toMatchObject({ kind: 'refused', scope: 'run', limit: 100, spent: 120 });
  });

  it('waits for the others where what they may come to leaves no room, and begins when they came to less', () => {
    const limits = { max_cost_usd: 1, turn: { max_cost_usd: 0.6 } };
    const first = begin(ledgerOf(limits));
    expect(reserve(first.ledger, turnOf({ task: 'b' }), 0)).toMatchObject({ kind: 'wait', scope: 'run', what: 'cost' });
    const settled = settle(first.ledger, first.reservation, used(1, 0.1), 0);
    expect(reserve(settled, turnOf({ task: 'b' }), 0).kind).toBe('reserved');
  });

  it('is refused where its own cap is more than is left of a soft budget', () => {
    const spent = turn(ledgerOf({ max_tokens: 100, turn: { max_tokens: 50 } }), 51);
    expect(reserve(spent, turnOf(), 0)).toMatchObject({ kind: 'refused', limit: 100, spent: 51 });
  });

  it('begins all the same where a hard budget ends it', () => {
    const spent = turn(ledgerOf({ max_tokens: 100, hard: true, turn: { max_tokens: 50 } }), 51);
    expect(reserve(spent, turnOf(), 0).kind).toBe('reserved');
  });

  it('begins alone where the largest turn so far would not fit: what is left is used', () => {
    const spent = turn(ledgerOf({ max_tokens: 100 }), 60);
    const next = begin(spent);
    expect(reserve(next.ledger, turnOf({ task: 'b' }), 0).kind).toBe('wait');
  });

  it('of a dollar in tenths gets all ten', () => {
    const limits = { max_cost_usd: 1, turn: { max_cost_usd: 0.1 } };
    let ledger = ledgerOf(limits);
    for (let count = 0; count < 10; count += 1) ledger = turn(ledger, 10);
    expect(reserve(ledger, turnOf(), 0).kind).toBe('refused');
  });

  it('is booked once, however often it is settled', () => {
    const { ledger, reservation } = begin(ledgerOf({ max_tokens: 100 }));
    const once = settle(ledger, reservation, used(60), 0);
    expect(settle(once, reservation, used(60), 0)).toBe(once);
  });
});

describe('time', () => {
  it('of the run goes from its start, of a pool from its first turn, of a task while its turns go', () => {
    const hour = { max_runtime: 60 * minute };
    const of = (limits: BudgetConfig['limits'], pool: Budget) => {
      const first = begin(ledgerOf(limits, [{ name: 'builders', limits: pool }]), {}, 30 * minute);
      return settle(first.ledger, first.reservation, used(1), 20 * minute);
    };
    const kindAt = (ledger: Ledger, at: number) => reserve(ledger, turnOf(), at * minute).kind;
    const [run, pool, task] = [of(hour, {}), of({}, hour), of({ task: hour }, {})];
    expect([59, 60].map((at) => kindAt(run, at))).toEqual(['reserved', 'refused']);
    expect([89, 90].map((at) => kindAt(pool, at))).toEqual(['reserved', 'refused']);
    expect(kindAt(task, 1000)).toBe('reserved');
  });

  it('that a turn has is the least of its own and of the hard budgets around it', () => {
    const limits = { max_runtime: 60 * minute, turn: { max_runtime: 10 * minute }, task: { max_runtime: 30 * minute } };
    const left = (over: Partial<BudgetConfig['limits']>, at: number) =>
      begin(ledgerOf({ ...limits, ...over }), {}, at * minute).reservation.timeoutMs;
    expect(left({}, 58)).toBe(10 * minute);
    expect(left({ hard: true }, 58)).toBe(2 * minute);
    expect(left({ hard: true, task: { max_runtime: minute, hard: true } }, 58)).toBe(minute);
    expect(begin(ledgerOf({ max_runtime: minute })).reservation.timeoutMs).toBeUndefined();
  });
});

describe('what is used up', () => {
  it('is told once each', () => {
    const limits = { max_tokens: 100, task: { max_tokens: 50 } };
    const first = reached(turn(ledgerOf(limits), 60), 0);
    expect(first.news).toEqual([{ scope: 'task', name: 'a', what: 'tokens', limit: 50, spent: 60, hard: false }]);
    const second = reached(turn(first.ledger, 60, { task: 'b' }), 0);
    expect(second.news.map(({ scope, name }) => `${scope} ${name}`)).toEqual(['run ', 'task b']);
    expect(reached(second.ledger, 0).news).toEqual([]);
  });

  it('is told once while a planner is at work too', () => {
    const planning = reserve(ledgerOf({ max_runtime: minute }), { task: '', agent: 'claude opus' }, 0);
    if (planning.kind !== 'reserved') throw new Error(planning.kind);
    expect(reached(planning.ledger, minute).news).toHaveLength(1);
  });

  it('ends nobody while it is soft', () => {
    const { ledger, reservation } = begin(ledgerOf({ max_tokens: 100 }));
    expect(overHard(noteUse(ledger, reservation, used(1000)), 0)).toEqual([]);
  });

  it('ends all turns of a hard budget that they have used up together', () => {
    const limits = { max_tokens: 100, hard: true };
    const a = begin(ledgerOf(limits));
    const b = begin(a.ledger, { task: 'b', pool: 'fast' });
    const half = noteUse(b.ledger, a.reservation, used(60));
    expect(overHard(half, 0)).toEqual([]);
    const over = overHard(noteUse(half, b.reservation, used(40)), 0);
    expect(over.map(({ turn: { id }, over: { scope, spent } }) => [id, scope, spent])).toEqual([
      [1, 'run', 100],
      [2, 'run', 100],
    ]);
  });

  it('ends only the turns of its own pool and task', () => {
    const workers = [{ name: 'builders', limits: { max_cost_usd: 1, hard: true } }, { name: 'fast' }];
    const a = begin(ledgerOf({ task: { max_tokens: 10 } }, workers));
    const b = begin(a.ledger, { task: 'b', pool: 'fast' });
    const over = overHard(noteUse(b.ledger, a.reservation, used(50, 1.5)), 0);
    expect(over).toMatchObject([{ turn: { id: 1 }, over: { scope: 'pool', name: 'builders', what: 'cost' } }]);
  });

  it.each([
    [{ max_tokens: 50 }, 'tokens'],
    [{ max_cost_usd: 0.5 }, 'cost'],
    [{ max_runtime: minute }, 'runtime'],
  ] as const)('ends a turn of itself: %j', (own, what) => {
    const { ledger, reservation } = begin(ledgerOf({ turn: own }));
    expect(overHard(noteUse(ledger, reservation, used(49, 0.49)), minute - 1)).toEqual([]);
    expect(overHard(noteUse(ledger, reservation, used(50, 0.5)), minute)).toMatchObject([
      { over: { scope: 'turn', what } },
    ]);
  });

  it('has a place in the config', () => {
    expect([budgetKey('run', 'cost'), budgetKey('pool', 'tokens'), budgetKey('task', 'runtime')]).toEqual([
      'limits.max_cost_usd',
      'limits.max_tokens',
      'limits.task.max_runtime',
    ]);
  });
});

describe('workers side by side', () => {
  const limit = 700;
  const run = fc.record({
    workers: fc.integer({ min: 1, max: 6 }),
    sizes: fc.array(fc.integer({ min: 50, max: 300 }), { minLength: 10, maxLength: 40 }),
    /** Whose turn it is at each step. */
    steps: fc.array(fc.nat(), { minLength: 20, maxLength: 200 }),
  });

  /** Each step is a worker's: it ends its turn, or asks leave for the next. `known`: the agent's turns before the run. */
  function play(
    { workers, sizes, steps }: { workers: number; sizes: readonly number[]; steps: readonly number[] },
    { limits, known = [] }: { limits: BudgetConfig['limits']; known?: readonly number[] },
  ) {
    let ledger = known.reduce((sum, tokens) => turn(sum, tokens, { task: 'before' }), ledgerOf(limits));
    let spent = known.reduce((sum, tokens) => sum + tokens, 0);
    const left = [...sizes];
    const busy = new Map<number, { reservation: Reservation; tokens: number }>();
    const asked = (worker: number): string => {
      const leave = reserve(ledger, turnOf({ task: `t${worker}` }), 0);
      if (leave.kind !== 'reserved') return leave.kind;
      ({ ledger } = leave);
      busy.set(worker, { reservation: leave.reservation, tokens: left.pop() ?? 1 });
      return leave.kind;
    };
    const end = (worker: number, { reservation, tokens }: { reservation: Reservation; tokens: number }) => {
      ledger = settle(ledger, reservation, used(tokens, tokens / 100), 0);
      spent += tokens;
      busy.delete(worker);
    };
    for (const step of steps) {
      const worker = step % workers;
      const going = busy.get(worker);
      if (going !== undefined) end(worker, going);
      else if (left.length > 0 && asked(worker) === 'wait') expect(busy.size).toBeGreaterThan(0);
    }
    for (const [worker, going] of busy) end(worker, going);
    return { spent, last: reserve(ledger, turnOf({ task: 'after' }), 0).kind };
  }

  it('never spend more than a soft budget when their turns have a cap', () => {
    const limits = { max_tokens: limit, max_cost_usd: limit / 100, turn: { max_tokens: 300, max_cost_usd: 3 } };
    fc.assert(
      fc.property(run, (game) => {
        expect(play(game, { limits }).spent).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('overspend by less than one turn once its size is known', () => {
    fc.assert(
      fc.property(run, (game) => {
        const { spent } = play(game, { limits: { max_tokens: limit }, known: [300] });
        expect(spent).toBeLessThan(limit + 300);
      }),
    );
  });

  it('overspend by less than a turn each while nothing is known', () => {
    fc.assert(
      fc.property(run, (game) => {
        const { spent } = play(game, { limits: { max_tokens: limit } });
        expect(spent).toBeLessThan(limit + game.workers * Math.max(...game.sizes));
      }),
    );
  });

  it('go on until all is used where no cap forbids it', () => {
    fc.assert(
      fc.property(run, (game) => {
        const { spent, last } = play(game, { limits: { max_tokens: limit } });
        expect(last).toBe(spent >= limit ? 'refused' : 'reserved');
      }),
    );
  });
});

it('of a turn that is larger than a soft one around it lets no turn begin, which can be told before', () => {
  const limits = {
    max_tokens: 100,
    max_cost_usd: 9,
    task: { max_cost_usd: 5 },
    turn: { max_tokens: 101, max_cost_usd: 5 },
  };
  const workers = [{ name: 'builders', limits: { max_tokens: 100, hard: true } }];
  expect(reserve(ledgerOf(limits, workers), turnOf(), 0).kind).toBe('refused');
  expect(oversizedTurns({ limits, workers })).toEqual([{ turn: 'limits.turn.max_tokens', of: 'limits.max_tokens' }]);
  expect(oversizedTurns({ limits: { ...limits, max_tokens: 101 }, workers })).toEqual([]);
  expect(oversizedTurns({ limits: { ...limits, hard: true }, workers })).toEqual([]);
});

it('takes the config as it is', () => {
  const config = configSchema(['claude']).parse({
    workers: [{ name: 'builders', harness: 'claude', limits: { max_tokens: 10 } }],
    limits: { max_cost_usd: 5, task: { max_cost_usd: 1, hard: true }, turn: { max_runtime: '5m' } },
  });
  const { reservation } = begin(openLedger(config, 0));
  expect(reservation.timeoutMs).toBe(5 * minute);
});
