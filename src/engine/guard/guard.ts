import { distrustWords } from '../../core/trespass.ts';
import type { AgentRole } from '../../core/asking-events.ts';
import type { Outcome } from '../../core/outcome.ts';
import { guardedCheckouts, readCheckout } from '../../git/guard/checkout-state.ts';
import type { CheckoutState } from '../../git/guard/checkout-state.ts';
import type { Turn } from '../../harness/turn.ts';
import type { SwarmContext } from '../context.ts';
import { tell } from '../context.ts';
import { isResponsible, judgeCheckout } from './checkout.ts';
import type { Suspect, Trespass } from './checkout.ts';
import { shareLooks } from './looks.ts';
import { openMainGuard } from './main.ts';
import type { MainGuard } from './main.ts';
import { openStashGuard } from './stash.ts';
import { branchClue, cluesIn } from './transcript.ts';
import type { Place } from '../place.ts';

/** Looks after what agents can reach and must not touch: the user's checkouts, main, the stash. */
export interface Guard {
  readonly main: MainGuard;
  /** Looks before a turn. */
  begin(order: TurnToGuard): Promise<Watch>;
}

/** A turn that is about to begin. */
export interface TurnToGuard {
  readonly role: AgentRole;
  readonly of: { readonly worker: string; readonly task: string; readonly iteration: number };
  readonly place: Place;
  /** True for a CLI that oompa does not know. */
  readonly isUnknownCli: boolean;
  /** Absolute path of what the agent prints. */
  readonly transcript: string;
}

/** A turn in progress. */
export interface Watch {
  /** Looks again, once every process of the turn is gone, and tells what it did that it must not. */
  end(turn: Turn): Promise<Intrusion | undefined>;
}

/** What an agent did outside of its worktree. */
export type Intrusion = Extract<Outcome, { kind: 'trespassed' }>;

/** How old a look may be with which a turn begins, in milliseconds: turns that follow each other closely share it. */
const staleMs = 2000;

/** Opens the guard of a run. */
export function openGuard(context: Omit<SwarmContext, 'guard'>): Guard {
  const { repository, clock } = context;
  const folders = guardedCheckouts(repository);
  const looks = shareLooks(() => Promise.all(folders.map((folder) => readOrNothing(context, folder))), clock);
  const main = openMainGuard(context);
  const stash = openStashGuard(context);
  return {
    main,
    async begin(order) {
      const before = await looks.since(clock() - staleMs);
      const stashed = await stash.begin();
      await main.check();
      const startedAt = Date.now();
      return {
        async end(turn) {
          const { place, isUnknownCli, transcript } = order;
          const suspect = { place, isUnknownCli, transcript, startedAt, tools: turn.tools };
          await stashed.end(order);
          const taken = await mainTakenBy(context, main, suspect);
          const after = await looks.since(clock());
          const trespass = await firstTrespass(context, suspect, before, after);
          if (trespass === undefined) return taken;
          tell(context, { type: 'checkout:touched', ...order.of, role: order.role, ...trespass });
          return taken ?? { kind: 'trespassed', what: 'checkout', ...trespass };
        },
      };
    },
  };
}

type Unguarded = Omit<SwarmContext, 'guard'>;

/** A look that fails tells nothing; it must not end the turn's iteration. */
async function readOrNothing({ repository }: Unguarded, folder: string): Promise<CheckoutState | undefined> {
  return readCheckout(repository, folder).catch(() => undefined);
}

async function mainTakenBy(context: Unguarded, main: MainGuard, suspect: Suspect): Promise<Intrusion | undefined> {
  const { slot } = suspect.place;
  const [taking] = await main.takenIn(slot.name, () => mayHaveMovedMain(context, suspect));
  if (taking === undefined) return undefined;
  const { commit, kept } = taking;
  const why = distrustWords({ ...taking, by: slot.name }, context.main);
  return { kind: 'trespassed', what: 'main', commit, why, ...(kept === undefined ? {} : { kept }) };
}

/** Where no log tells who moved main: a turn that shows its tool calls must show one that could have. */
async function mayHaveMovedMain(context: Unguarded, suspect: Suspect): Promise<boolean> {
  if (suspect.tools === 0) return isResponsible(context, suspect);
  return (await cluesIn(suspect.transcript, [branchClue(context.main)]))?.[0] !== false;
}

async function firstTrespass(
  context: Unguarded,
  suspect: Suspect,
  before: readonly (CheckoutState | undefined)[],
  after: readonly (CheckoutState | undefined)[],
): Promise<Trespass | undefined> {
  for (const [index, then] of before.entries()) {
    const now = after[index];
    const found =
      then === undefined || now === undefined ? undefined : await judgeCheckout(context, suspect, then, now);
    if (found !== undefined) return found;
  }
  return undefined;
}
