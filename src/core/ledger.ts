import type { Usage } from './usage.ts';

/** What may be used, as in the config: US dollars, tokens, milliseconds. What is left out has no limit. */
export interface Budget {
  readonly max_cost_usd?: number;
  readonly max_tokens?: number;
  readonly max_runtime?: number;
  /** Also ends what is at work when it is used up. A turn's own budget always does: there is nothing else to stop. */
  readonly hard?: boolean;
}

/** The part of the config that budgets are in. */
export interface BudgetConfig {
  readonly limits: Budget & { readonly task?: Budget; readonly turn?: Budget };
  readonly workers: readonly { readonly name: string; readonly limits?: Budget }[];
}

/** Whose budget it is. */
export type BudgetScope = 'run' | 'pool' | 'task' | 'turn';

/** What of it: US dollars, tokens, milliseconds. */
export type BudgetMeasure = 'cost' | 'tokens' | 'runtime';

/** An amount of each. */
export type Amounts = Readonly<Record<BudgetMeasure, number>>;

/** Whose turn it is. */
export interface TurnOf {
  /** Empty for a planner's. */
  readonly task: string;
  /** Missing for a planner's. */
  readonly pool?: string;
  /** `claude sonnet`. */
  readonly agent: string;
}

/** A turn that is at work. */
export interface Reservation extends TurnOf {
  readonly id: number;
  readonly startedAt: number;
  /** What it may come to, as far as that is known; its time is not set aside. */
  readonly worst: Amounts;
  /** What it has used so far, as far as its CLI tells; its time is measured. */
  readonly used: Amounts;
  /** The longest that it may take, in milliseconds, by its own budget and the hard ones around it; missing where none says so. */
  readonly timeoutMs?: number;
}

/** What a run has used, and what the turns at work may still use. Plain data; `budget.ts` is its only author. */
export interface Ledger {
  readonly config: BudgetConfig;
  readonly startedAt: number;
  /** What the turns that have ended used, by account. */
  readonly spent: ReadonlyMap<string, Amounts>;
  /** When the first turn of each pool began. */
  readonly poolsSince: ReadonlyMap<string, number>;
  /** The most that a turn of each agent has used so far. */
  readonly largest: ReadonlyMap<string, Amounts>;
  readonly open: readonly Reservation[];
  readonly lastId: number;
  /** What has been told as used up already. */
  readonly told: readonly string[];
}

/** Where the use of many turns is summed up. */
export interface Account {
  readonly scope: Exclude<BudgetScope, 'turn'>;
  /** The pool or the task; empty for the run. */
  readonly name: string;
  readonly budget: Budget;
}

/** All that can be measured. */
export const measures: readonly BudgetMeasure[] = ['cost', 'tokens', 'runtime'];

/** Nothing used. */
export const nothing: Amounts = { cost: 0, tokens: 0, runtime: 0 };

/** The accounts that a turn counts in, the widest first. */
export function accountsOf({ config }: Ledger, { task, pool }: Pick<TurnOf, 'task' | 'pool'>): Account[] {
  return [
    ofRun(config),
    ...(pool === undefined ? [] : [ofPool(config, pool)]),
    ...(task === '' ? [] : [ofTask(config, task)]),
  ];
}

/** The run, all pools, and the tasks that had a turn. */
export function allAccounts({ config, spent, open }: Ledger): Account[] {
  const tasks = open.flatMap(({ task }) => (task === '' ? [] : [ofTask(config, task)]));
  const accounts = [ofRun(config), ...config.workers.map(({ name }) => ofPool(config, name)), ...tasks];
  const byKey = new Map(accounts.map((account) => [keyOf(account), account]));
  const prefix = keyOf({ scope: 'task', name: '' });
  for (const key of spent.keys()) {
    if (key.startsWith(prefix)) byKey.set(key, ofTask(config, key.slice(prefix.length)));
  }
  return [...byKey.values()];
}

/** What names an account in a ledger. */
export function keyOf({ scope, name }: Pick<Account, 'scope' | 'name'>): string {
  return `${scope} ${name}`;
}

/** The turns at work that count in an account. */
export function openIn({ open }: Ledger, { scope, name }: Account): Reservation[] {
  switch (scope) {
    case 'run':
      return [...open];
    case 'pool':
      return open.filter(({ pool }) => pool === name);
    case 'task':
      return open.filter(({ task }) => task === name);
  }
}

/** What has been used of an account, the turns at work included as far as they are known. */
export function usedOf(ledger: Ledger, account: Account, now: number): Amounts {
  const used = openIn(ledger, account).reduce(
    (sum, turn) => combine(sum, usedBy(turn, now), plus),
    ledger.spent.get(keyOf(account)) ?? nothing,
  );
  switch (account.scope) {
    // Turns at the same time share the clock.
    case 'run':
      return { ...used, runtime: now - ledger.startedAt };
    case 'pool':
      return { ...used, runtime: now - (ledger.poolsSince.get(account.name) ?? now) };
    case 'task':
      return used;
  }
}

/** What a turn at work has used so far. */
export function usedBy({ used, startedAt }: Reservation, now: number): Amounts {
  return { ...used, runtime: now - startedAt };
}

/** A turn's figures as amounts. A cost that nobody knows counts as none. */
export function amountsOf({ input, output, costUsd }: Usage, ms: number): Amounts {
  return { cost: costUsd ?? 0, tokens: input + output, runtime: ms };
}

/** Two amounts made one, measure by measure. */
export function combine(a: Amounts, b: Amounts, how: (a: number, b: number) => number): Amounts {
  return { cost: how(a.cost, b.cost), tokens: how(a.tokens, b.tokens), runtime: how(a.runtime, b.runtime) };
}

/** For `combine`. */
export function plus(a: number, b: number): number {
  return a + b;
}

function ofRun({ limits }: BudgetConfig): Account {
  return { scope: 'run', name: '', budget: limits };
}

function ofPool({ workers }: BudgetConfig, name: string): Account {
  return { scope: 'pool', name, budget: workers.find((pool) => pool.name === name)?.limits ?? {} };
}

function ofTask({ limits }: BudgetConfig, name: string): Account {
  return { scope: 'task', name, budget: limits.task ?? {} };
}
