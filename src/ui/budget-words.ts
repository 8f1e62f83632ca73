import { budgetKey } from '../core/budget.ts';
import type { BudgetMeasure, BudgetScope } from '../core/ledger.ts';
import { unreachable } from '../core/unreachable.ts';
import { money, spokenTime, tokenCount } from './text.ts';

/** A budget that allows no further turn. `limit`: US dollars, tokens or milliseconds. */
interface Limit {
  readonly scope: BudgetScope;
  readonly what: BudgetMeasure;
  readonly limit: number;
}

/** `the run may cost no more than $1.00`: to go on a sentence's end. `name`: the pool or the task, where it has to be said. */
export function limitWords({ scope, what, limit }: Limit, name = ''): string {
  return `${`the ${scope} ${name}`.trim()} may ${verbs[what]} ${amountWords(what, limit)}`;
}

/**
 * The same when it is reached: `the run may cost no more than $1.00, and is at $1.02: no new turn is begun`. A soft one is so, too,
 * when less is left than a turn may come to.
 */
export function budgetWords(
  budget: Limit & { readonly name: string; readonly spent: number; readonly hard: boolean },
): string {
  const isShort = budget.spent < budget.limit;
  const why = isShort ? 'that leaves no room for a whole turn, so that ' : '';
  const then = budget.hard && !isShort ? 'what is at work is ended' : `${why}no new turn is begun`;
  return `${limitWords(budget, budget.name)}, and is at ${amountWords(budget.what, budget.spent)}: ${then}`;
}

/** What to do about it. */
export function budgetRemedy({ scope, what }: Limit): string {
  const key = budgetKey(scope, what);
  switch (scope) {
    case 'run':
      return `raise \`${key}\`, or go on in a new run: oompa swarm`;
    case 'pool':
      return `raise \`${key}\` of the pool, or go on in a new run: oompa swarm`;
    case 'task':
    case 'turn':
      return `split the task, or raise \`${key}\``;
    default:
      return unreachable(scope);
  }
}

const verbs: Readonly<Record<BudgetMeasure, string>> = {
  cost: 'cost no more than',
  tokens: 'use no more than',
  runtime: 'take no longer than',
};

function amountWords(what: BudgetMeasure, amount: number): string {
  switch (what) {
    case 'cost':
      return money(amount);
    case 'tokens':
      return `${tokenCount(amount)} tokens`;
    case 'runtime':
      return spokenTime(amount);
    default:
      return unreachable(what);
  }
}
