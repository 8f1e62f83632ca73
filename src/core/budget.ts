import type { Account, Amounts, Budget, BudgetConfig, BudgetMeasure, BudgetScope } from './ledger.ts';
import type { Ledger, Reservation, TurnOf } from './ledger.ts';
import {
  accountsOf,
  allAccounts,
  amountsOf,
  combine,
  keyOf,
  measures,
  nothing,
  openIn,
  plus,
  usedBy,
  usedOf,
} from './ledger.ts';
import type { Usage } from './usage.ts';

/** A budget that is used up, or has no room for another turn. `limit` and `spent`: US dollars, tokens or milliseconds. */
export interface UsedUp<Scope extends BudgetScope = BudgetScope> {
  readonly scope: Scope;
  /** The pool or the task; empty for the run and for a turn. */
  readonly name: string;
  readonly what: BudgetMeasure;
  readonly limit: number;
  readonly spent: number;
  readonly hard: boolean;
}

/** Why a turn may not begin. */
export type NoRoom =
  /** Not before one of the turns at work has ended: it may use less than was set aside for it. */
  | ({ readonly kind: 'wait' } & UsedUp<Account['scope']>)
  /** Never in this run. */
  | ({ readonly kind: 'refused' } & UsedUp<Account['scope']>);

/** Leave for a turn to begin, or why there is none. */
export type Leave = { readonly kind: 'reserved'; readonly ledger: Ledger; readonly reservation: Reservation } | NoRoom;

/** The ledger of a run that begins `now`. All times are milliseconds on one clock. */
export function openLedger(config: BudgetConfig, now: number): Ledger {
  const none = { spent: new Map(), poolsSince: new Map(), largest: new Map(), open: [], lastId: 0, told: [] };
  return { config, startedAt: now, ...none };
}

/**
 * Asks leave for a turn. What it may come to is set aside until it ends: its own budget where it has one, else what the
 * largest turn of that agent came to, else nothing, since nothing is known. So turns at the same time can't overspend
 * together. Time is not set aside: it is measured to the moment, and turns at the same time share it.
 */
export function reserve(before: Ledger, turn: TurnOf, now: number): Leave {
  const ledger = withPool(before, turn, now);
  const worst = worstOf(ledger, turn);
  const accounts = accountsOf(ledger, turn);
  const reasons = accounts.flatMap((account) => measures.flatMap((what) => noRoom(ledger, account, what, worst, now)));
  const no = reasons.find(({ kind }) => kind === 'refused') ?? reasons[0];
  if (no !== undefined) return no;
  const timeoutMs = longest(ledger, accounts, now);
  const reservation: Reservation = {
    ...turn,
    ...{ id: ledger.lastId + 1, startedAt: now, worst, used: nothing },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  return {
    kind: 'reserved',
    ledger: { ...ledger, lastId: reservation.id, open: [...ledger.open, reservation] },
    reservation,
  };
}

/** Notes what a turn at work has used so far, all told. */
export function noteUse(ledger: Ledger, { id }: Reservation, usage: Usage): Ledger {
  const used = amountsOf(usage, 0);
  return { ...ledger, open: ledger.open.map((turn) => (turn.id === id ? { ...turn, used } : turn)) };
}

/** Books what a turn has really used, and frees what was set aside for it. A second time changes nothing. */
export function settle(ledger: Ledger, { id }: Reservation, usage: Usage, ms: number): Ledger {
  const turn = ledger.open.find((each) => each.id === id);
  if (turn === undefined) return ledger;
  const used = amountsOf(usage, ms);
  const spent = new Map(ledger.spent);
  for (const key of accountsOf(ledger, turn).map(keyOf)) spent.set(key, combine(spent.get(key) ?? nothing, used, plus));
  const most = combine(ledger.largest.get(turn.agent) ?? nothing, used, (a, b) => Math.max(a, b));
  const largest = new Map(ledger.largest).set(turn.agent, most);
  return { ...ledger, spent, largest, open: ledger.open.filter((each) => each.id !== id) };
}

/** Budgets that allow no further turn, and the ledger that knows that they were told. */
export interface Told {
  readonly ledger: Ledger;
  readonly news: readonly UsedUp<Account['scope']>[];
}

/** The budgets that are used up by now, each told once: with the ledger that this gives, it is not told again. */
export function reached(ledger: Ledger, now: number): Told {
  return tellOnce(
    ledger,
    allAccounts(ledger).flatMap((account) => usedUp(account, usedOf(ledger, account, now))),
  );
}

/** The same of a budget that refused a turn, which it also does when less is left than the turn may come to. */
export function tellOnce(ledger: Ledger, budgets: Told['news']): Told {
  const nameOf = ({ scope, name, what }: UsedUp) => `${scope} ${what} ${name}`;
  const news = budgets.filter((each) => !ledger.told.includes(nameOf(each)));
  return { ledger: { ...ledger, told: [...ledger.told, ...news.map(nameOf)] }, news };
}

/** The turns at work that a hard budget ends by now, each with the widest of these budgets. */
export function overHard(
  ledger: Ledger,
  now: number,
): readonly { readonly turn: Reservation; readonly over: UsedUp }[] {
  return ledger.open.flatMap((turn) => {
    const around = accountsOf(ledger, turn).flatMap((account) => usedUp(account, usedOf(ledger, account, now)));
    const own = usedUp({ scope: 'turn', name: '', budget: turnBudget(ledger) }, usedBy(turn, now));
    const over = [...around, ...own].find(({ hard }) => hard);
    return over === undefined ? [] : [{ turn, over }];
  });
}

/** Where the config has it: `limits.task.max_tokens`; a pool's own `limits` have the same keys as those of the run. */
export function budgetKey(scope: BudgetScope, what: BudgetMeasure): string {
  return `limits.${scope === 'task' || scope === 'turn' ? `${scope}.` : ''}${keys[what]}`;
}

/** Where a turn may use more than a soft budget around it has at all, so that none could begin: the keys of both. */
export function oversizedTurns({ limits, workers }: BudgetConfig): { readonly turn: string; readonly of: string }[] {
  const around: readonly (readonly [BudgetScope, Budget])[] = [
    ['run', limits],
    ['task', limits.task ?? {}],
    ...workers.map((pool) => ['pool', pool.limits ?? {}] as const),
  ];
  const found = around.flatMap(([scope, budget]) =>
    (['cost', 'tokens'] as const)
      .filter((what) => budget.hard !== true && exceeds(limits.turn?.[keys[what]] ?? 0, budget[keys[what]] ?? Infinity))
      .map((what) => ({ turn: budgetKey('turn', what), of: budgetKey(scope, what) })),
  );
  return [...new Map(found.map((each) => [each.of, each])).values()];
}

const keys = { cost: 'max_cost_usd', tokens: 'max_tokens', runtime: 'max_runtime' } as const;

function withPool(ledger: Ledger, { pool }: TurnOf, now: number): Ledger {
  if (pool === undefined || ledger.poolsSince.has(pool)) return ledger;
  return { ...ledger, poolsSince: new Map(ledger.poolsSince).set(pool, now) };
}

function turnBudget({ config }: Ledger): Budget {
  return { ...config.limits.turn, hard: true };
}

function worstOf(ledger: Ledger, { agent }: TurnOf): Amounts {
  const { max_cost_usd: cost, max_tokens: tokens } = turnBudget(ledger);
  const seen = ledger.largest.get(agent) ?? nothing;
  return { cost: cost ?? seen.cost, tokens: tokens ?? seen.tokens, runtime: 0 };
}

function noRoom(ledger: Ledger, account: Account, what: BudgetMeasure, worst: Amounts, now: number): NoRoom[] {
  const { scope, name, budget } = account;
  const limit = budget[keys[what]];
  if (limit === undefined) return [];
  const hard = budget.hard === true;
  const spent = usedOf(ledger, account, now)[what];
  const about = { scope, name, what, limit, spent, hard };
  if (isUsedUp(spent, limit)) return [{ kind: 'refused', ...about }];
  if (what === 'runtime') return [];
  // A hard budget ends the turn where it is used up; a soft one keeps its word only if the turn does not begin.
  const isCapped = turnBudget(ledger)[keys[what]] !== undefined;
  if (isCapped && !hard && exceeds(spent + worst[what], limit)) return [{ kind: 'refused', ...about }];
  const others = openIn(ledger, account);
  const aside = others.reduce((sum, turn) => sum + Math.max(0, turn.worst[what] - turn.used[what]), 0);
  const fits = !exceeds(spent + aside + worst[what], limit) && !isUsedUp(spent + aside, limit);
  // What is left is enough for a turn of the usual size, or nobody knows: alone, it may begin.
  return fits || others.length === 0 ? [] : [{ kind: 'wait', ...about }];
}

function longest(ledger: Ledger, accounts: readonly Account[], now: number): number | undefined {
  const times = accounts.flatMap((account) => {
    const { max_runtime: limit, hard } = account.budget;
    return limit === undefined || hard !== true ? [] : [limit - usedOf(ledger, account, now).runtime];
  });
  const own = turnBudget(ledger).max_runtime;
  const all = own === undefined ? times : [...times, own];
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Which of a budget's limits are reached. */
function usedUp<Scope extends BudgetScope>(
  { scope, name, budget }: { readonly scope: Scope; readonly name: string; readonly budget: Budget },
  spent: Amounts,
): UsedUp<Scope>[] {
  return measures.flatMap((what) => {
    const limit = budget[keys[what]];
    if (limit === undefined || !isUsedUp(spent[what], limit)) return [];
    return [{ scope, name, what, limit, spent: spent[what], hard: budget.hard === true }];
  });
}

/** Sums of dollars are off by less than this. */
const rounding = 1e-9;

function isUsedUp(spent: number, limit: number): boolean {
  return spent > limit - rounding;
}

function exceeds(sum: number, limit: number): boolean {
  return sum > limit + rounding;
}
