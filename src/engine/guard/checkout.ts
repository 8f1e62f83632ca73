import { changedPaths } from '../../git/guard/checkout-state.ts';
import type { CheckoutState } from '../../git/guard/checkout-state.ts';
import { isOnBranch } from '../../git/guard/main-history.ts';
import { isChangedSince, isCopied } from '../../git/guard/own-changes.ts';
import type { SwarmContext } from '../context.ts';
import { cluesIn, cluesOf, headClue } from './transcript.ts';
import type { Place } from '../place.ts';

/** A turn that is to be judged by what it shows. */
export interface Suspect {
  readonly place: Place;
  /** Tool calls that it has shown. */
  readonly tools: number;
  /** True for a CLI that oompa does not know: what it does can't be seen at all. */
  readonly isUnknownCli: boolean;
  /** Absolute path of what it printed. */
  readonly transcript: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What a turn did to a checkout of the user's. */
export interface Trespass {
  readonly checkout: string;
  /** Relative to the checkout; `.git/HEAD` when HEAD was moved. */
  readonly paths: readonly string[];
  /** How that is known, in a few words. */
  readonly why: string;
}

type Judge = Omit<SwarmContext, 'guard'>;

/**
 * What of the changes in a checkout a turn is guilty of. The user works there too: a turn that shows its tool calls is judged
 * by them, one that does not is held responsible for what changed while it ran. Undefined: nothing.
 */
export async function judgeCheckout(
  context: Judge,
  suspect: Suspect,
  before: CheckoutState,
  after: CheckoutState,
): Promise<Trespass | undefined> {
  const paths = await changedPaths(before, after);
  const head = isHeadNews(context, before, after) ? ['.git/HEAD'] : [];
  if (paths.length + head.length === 0) return undefined;
  const checkout = after.folder;
  if (suspect.tools === 0) {
    // A checkout that was brought to something on main: a landing did that, or the user.
    const isUsual = head.length === 0 || (after.head !== '' && (await isOnBranch(context.repository, after.head)));
    const news = isUsual ? paths : [...head, ...paths];
    return news.length > 0 && (await isResponsible(context, suspect))
      ? { checkout, paths: news, why: 'it shows no tool calls, and they were changed while it ran' }
      : undefined;
  }
  const guilty = await guiltyOf(context, suspect, checkout, [...head, ...paths].slice(0, maxJudged));
  return guilty.length === 0 ? undefined : { checkout, paths: guilty, why: 'its own tool calls lead there' };
}

/** Of a turn that shows no tool calls: whether it did anything, as far as that can be seen. */
export async function isResponsible({ repository }: Judge, suspect: Suspect): Promise<boolean> {
  if (suspect.isUnknownCli) return true;
  const { folder, base } = suspect.place;
  return isChangedSince({ folder, base, commonDir: repository.commonDir }, suspect.startedAt);
}

/** Every path costs a pass over the transcript in memory. */
const maxJudged = 100;

async function guiltyOf(context: Judge, suspect: Suspect, checkout: string, paths: readonly string[]) {
  const { folder, base } = suspect.place;
  const terrain = { worktree: folder, checkout };
  const clues = paths.map((path) => (path === '.git/HEAD' ? [headClue(terrain)] : cluesOf(terrain, path)));
  const found = await cluesIn(suspect.transcript, clues.flat());
  // A transcript that can't be read shows nothing after all.
  if (found === undefined) return paths;
  const guilty: string[] = [];
  let at = 0;
  for (const [index, path] of paths.entries()) {
    const own = found.slice(at, (at += clues[index]?.length ?? 0));
    const work = { folder, base, commonDir: context.repository.commonDir };
    if (own.includes(true) || (await isCopied(work, checkout, path, context.objects))) guilty.push(path);
  }
  return guilty;
}

/** Where main itself was moved under a checkout of it, or by a landing, that is judged on its own. */
function isHeadNews({ main }: Judge, before: CheckoutState, after: CheckoutState): boolean {
  if (before.branch !== after.branch) return true;
  return before.head !== after.head && after.branch !== main;
}
