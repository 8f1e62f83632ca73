import type { Agent, Pool } from '../config/schema-agents.ts';
import { noteUse, openLedger, overHard, reached, reserve, settle, tellOnce } from '../core/budget.ts';
import type { NoRoom, Told, UsedUp } from '../core/budget.ts';
import type { Reservation } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import { unpricedAgents, unpricedWords } from '../core/prices.ts';
import { agentName } from '../core/run-state.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Usage } from '../core/usage.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';

/** What is used up. */
export type OverBudget = Extract<Outcome, { kind: 'over-budget' }>;

/** Leave to take one turn. */
export interface Grant {
  /** Aborted when a hard budget is used up: the agent is ended. */
  readonly over: AbortSignal;
  /** Told what the turn has used so far, all told. */
  used(usage: Usage): void;
  /** Books what the turn has used. Called once, when it has ended. */
  settle(usage: Usage, ms: number): void;
  /** Which budget of the run, the pool or the task ended the turn; undefined when none did, or its own. */
  passed(): OverBudget | undefined;
}

/** Whose turn is to begin. */
export interface TurnToPay {
  /** Empty for a planner's. */
  readonly task: string;
  readonly pool?: string | undefined;
  readonly agent: Agent;
}

/** What leave was given. `wait` = as soon as another turn has ended, there may be room. */
export type Leave =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'wait'; readonly what: string }
  | { readonly kind: 'over-budget'; readonly outcome: OverBudget };

/** The budgets of a run, its pools, its tasks and its turns. */
export interface Budgets {
  /** Sets aside what the turn may come to. */
  reserve(turn: TurnToPay): Leave;
  /** What of the run or the pool is used up, so that no task is to be begun. */
  exhausted(pool: Pool): OverBudget | undefined;
  /** Resolves with true when a turn has ended, with false when the signal is aborted. */
  changed(signal: AbortSignal): Promise<boolean>;
}

/** The budgets of a run that begins now. */
export function openBudgets(context: Pick<SwarmContext, 'config' | 'clock' | 'log'>): Budgets {
  let ledger = openLedger(context.config, context.clock());
  const ends = new Map<number, (over: UsedUp) => void>();
  let waiting = new Set<() => void>();
  // A CLI that does tell costs may know none for its model.
  const unpriced = new Set(unpricedAgents(context.config, () => false).map((agent) => agentName(agent)));

  /** Tells what is used up, and ends what a hard budget ends. */
  function look(): void {
    say(reached(ledger, context.clock()));
    for (const { turn, over } of overHard(ledger, context.clock())) ends.get(turn.id)?.(over);
  }

  function say({ ledger: told, news }: Told): void {
    ledger = told;
    for (const budget of news) tell(context, { type: 'budget:reached', ...budget });
  }

  /** Every refusal has its line in the log, also that of a budget which merely has no room for a whole turn. */
  function refuse({ kind: _kind, ...budget }: NoRoom): OverBudget {
    look();
    say(tellOnce(ledger, [budget]));
    return outcomeOf(budget);
  }

  /** Said once of each agent: a budget of money does not see what it uses. */
  function tellUnpriced(agent: Agent): void {
    if (!unpriced.delete(agentName(agent))) return;
    tell(context, { type: 'problem:seen', message: unpricedWords(agent) });
  }

  function grantOf(reservation: Reservation, agent: Agent): Grant {
    const ending = new AbortController();
    let over: UsedUp | undefined;
    ends.set(reservation.id, (budget) => {
      over ??= budget;
      ending.abort();
    });
    const { timeoutMs } = reservation;
    let timer = timeoutMs === undefined ? undefined : setTimeout(onTime, within(timeoutMs));

    /** A timer can go off a little before its time (Node 20): nothing is over by then, and it has to be set once more. */
    function onTime(): void {
      look();
      const left = reservation.startedAt + (timeoutMs ?? 0) - context.clock();
      if (!ending.signal.aborted) timer = setTimeout(onTime, within(left));
    }

    return {
      over: ending.signal,
      used(usage) {
        ledger = noteUse(ledger, reservation, usage);
        look();
      },
      settle(usage, ms) {
        if (usage.costUsd === undefined && usage.input + usage.output > 0) tellUnpriced(agent);
        clearTimeout(timer);
        ends.delete(reservation.id);
        ledger = settle(ledger, reservation, usage, ms);
        look();
        const woken = waiting;
        waiting = new Set();
        for (const wake of woken) wake();
      },
      passed: () =>
        over === undefined || over.scope === 'turn' ? undefined : outcomeOf({ ...over, scope: over.scope }),
    };
  }

  return {
    reserve({ task, pool, agent }) {
      const turn = { task, agent: agentName(agent), ...(pool === undefined ? {} : { pool }) };
      const leave = reserve(ledger, turn, context.clock());
      switch (leave.kind) {
        case 'reserved':
          ledger = leave.ledger;
          return { kind: 'granted', grant: grantOf(leave.reservation, agent) };
        case 'wait':
          return { kind: 'wait', what: leave.scope };
        case 'refused':
          return { kind: 'over-budget', outcome: refuse(leave) };
        default:
          return unreachable(leave);
      }
    },
    exhausted(pool) {
      look();
      const leave = reserve(ledger, { task: '', pool: pool.name, agent: agentName(pool) }, context.clock());
      return leave.kind === 'refused' ? refuse(leave) : undefined;
    },
    changed: (signal) =>
      new Promise((resolve) => {
        const wake = () => {
          signal.removeEventListener('abort', stop);
          resolve(true);
        };
        const stop = () => {
          waiting.delete(wake);
          resolve(false);
        };
        if (signal.aborted) {
          resolve(false);
          return;
        }
        waiting.add(wake);
        signal.addEventListener('abort', stop, { once: true });
      }),
  };
}

function outcomeOf({ scope, what, limit }: Omit<OverBudget, 'kind'>): OverBudget {
  return { kind: 'over-budget', scope, what, limit };
}

/** Milliseconds that a timer can be set for. */
function within(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 1), longestTimer);
}

/** A timer that is set for longer goes off at once. */
const longestTimer = 2 ** 31 - 1;
