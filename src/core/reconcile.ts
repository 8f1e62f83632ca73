import { unreachable } from './unreachable.ts';

/** What a reconciliation may decide about one thing. */
export type Verdict =
  /** Somebody works with it: it is left alone. */
  | 'live'
  /** Its work is on main: the task becomes complete. */
  | 'finish'
  /** Its owner is gone: the task goes back to pending. */
  | 'put-back'
  /** Approved work that waits for the user's checkout. */
  | 'held'
  /** What is in it and nowhere else gets a rescue ref; then it goes, or is given back to the pool. */
  | 'rescue'
  /** Nothing is lost with it. */
  | 'prune'
  /** A process whose run is gone. */
  | 'end'
  /** It stays as it is; `why` says what for. */
  | 'keep';

/** Who has a thing: a living process, one that is gone, or nobody that can be told. */
export type Holder = 'live' | 'gone' | 'unknown';

/** One thing that the survey saw in a workspace. `name` is what a person would look for; paths are relative to the workspace. */
export type Found =
  /** A file in `current/`, and what the queue would do with it. */
  | {
      readonly kind: 'task';
      readonly name: string;
      readonly fate: 'live' | 'completed' | 'released' | 'held' | 'failed';
      /** For `live`: who has it. For `failed`: the disk's words. */
      readonly detail?: string;
    }
  /** A file that waits elsewhere although the work of its last claim is on main. */
  | { readonly kind: 'landed'; readonly name: string; readonly path: string; readonly commit: string }
  | { readonly kind: 'unreadable'; readonly name: string; readonly message: string }
  /** `refs/oompa/claims/<id>`. `holder`: who has the task. */
  | { readonly kind: 'fence'; readonly name: string; readonly oid: string; readonly holder: Holder | 'held' }
  | {
      readonly kind: 'worktree';
      readonly name: string;
      readonly holder: Holder | 'pool';
      /** False when HEAD was detached on purpose (planner, verify): what lies there is nobody's work. */
      readonly mayHoldWork: boolean;
      /** Whether the folder and git's half of it both exist. */
      readonly whole: boolean;
      /** The branch that it is on. */
      readonly branch?: string;
    }
  /** Something beside the worktrees that oompa put out of the way: `*.git-found-1`, `*.stuck-1`. */
  | { readonly kind: 'aside'; readonly name: string; readonly what: 'git-data' | 'stuck' }
  /** A branch of an iteration. */
  | {
      readonly kind: 'branch';
      readonly name: string;
      readonly holder: Holder;
      /** A work tree that stays is on it. */
      readonly checkedOut: boolean;
      /** Main or a rescue ref has all of it. */
      readonly kept: boolean;
    }
  | { readonly kind: 'process'; readonly name: string; readonly run: string }
  /** A lock of oompa's, with who holds it; or one of git's, which names nobody. */
  | {
      readonly kind: 'lock';
      readonly name: string;
      readonly path: string;
      readonly of: 'oompa';
      readonly holder: Holder;
    }
  | {
      readonly kind: 'lock';
      readonly name: string;
      readonly path: string;
      readonly of: 'git';
      /** Whether only oompa ever takes it. */
      readonly ours: boolean;
      readonly ageMs: number;
    }
  | {
      readonly kind: 'temporary';
      readonly name: string;
      readonly path: string;
      readonly holder: Holder;
      readonly ageMs: number;
    };

/** What was decided about one thing, and why, in one line. */
export interface Judgement {
  readonly found: Found;
  readonly verdict: Verdict;
  readonly why: string;
  /** Whether it is as it should be: nothing is to be done, and nobody has to be told. */
  readonly fine: boolean;
}

/** After this long without an owner that can be told, a temporary file or a lock is of nobody. Milliseconds. */
export const abandonedMs = 10 * 60_000;

/** git holds a lock for some milliseconds, and for some seconds when it packs many refs. */
const gitLockMs = 60_000;

/** The one verdict on a thing. */
export function judge(found: Found): Judgement {
  const is = (verdict: Verdict, why: string): Judgement => ({ found, verdict, why, fine: false });
  const fine = (verdict: Verdict, why: string): Judgement => ({ found, verdict, why, fine: true });
  switch (found.kind) {
    case 'task':
      return judgeTask(found, is, fine);
    case 'landed':
      return is('finish', `its work is on main in ${found.commit.slice(0, 7)}, but it lies in ${found.path}`);
    case 'unreadable':
      return is('keep', `${found.message}; nobody claims it until it can be read: oompa tasks lint`);
    case 'fence':
      if (found.holder === 'gone') return is('prune', 'its claim is over, and the task is not in tasks/current');
      return fine(found.holder === 'held' ? 'held' : 'live', 'its claim holds');
    case 'worktree':
      return judgeWorktree(found, is, fine);
    case 'aside':
      return found.what === 'git-data'
        ? is('keep', 'an agent had put it in the place of .git; look at it, then delete the folder')
        : is('keep', 'it could not be emptied; delete the folder once you can');
    case 'branch':
      return judgeBranch(found, is, fine);
    case 'process':
      return is('end', `it was started by the run ${found.run}, which is gone`);
    case 'lock':
      return judgeLock(found, is, fine);
    case 'temporary':
      if (found.holder === 'live') return fine('live', 'it is being written');
      if (found.holder === 'gone') return is('prune', 'whoever was writing it is gone');
      if (found.ageMs >= abandonedMs) return is('prune', 'nobody has touched it for a while');
      return fine('live', 'it may still be written');
    default:
      return unreachable(found);
  }
}

type Say = (verdict: Verdict, why: string) => Judgement;
type Of<Kind extends Found['kind']> = Extract<Found, { kind: Kind }>;

function judgeTask({ fate, detail }: Of<'task'>, is: Say, fine: Say): Judgement {
  switch (fate) {
    case 'live':
      return fine('live', detail === undefined ? 'somebody works on it' : `${detail} works on it`);
    case 'completed':
      return is('finish', 'its work is on main, and its run ended before it could say so');
    case 'released':
      return is('put-back', 'its run is gone; no attempt is used');
    case 'held':
      return is('held', 'it waits for your checkout: oompa land');
    case 'failed':
      return is(
        'keep',
        `it can't be moved: ${detail ?? 'the disk takes nothing'}; make room, then: oompa doctor --fix`,
      );
    default:
      return unreachable(fate);
  }
}

function judgeWorktree({ holder, mayHoldWork, whole }: Of<'worktree'>, is: Say, fine: Say): Judgement {
  if (holder === 'live') return fine('live', 'a living process has it');
  if (holder === 'pool' && !mayHoldWork && whole) return fine('keep', 'it waits for the next run');
  const how = holder === 'pool' ? 'it was given back in the middle of something' : 'the run that had it is gone';
  if (mayHoldWork) return is('rescue', `${how}; what is in it and nowhere else is kept`);
  if (!whole) return is('prune', 'its folder or its part in .git is missing');
  return is('prune', `${how}; no work was in it, and it goes back to the pool`);
}

function judgeBranch({ holder, checkedOut, kept }: Of<'branch'>, is: Say, fine: Say): Judgement {
  if (holder === 'live') return fine('live', 'its run goes on');
  if (checkedOut) return fine('keep', 'a work tree is on it');
  if (kept) return is('prune', 'main or a rescue ref has all of it');
  return is('rescue', 'its run is gone, and it holds work that is neither on main nor on a rescue ref');
}

function judgeLock(found: Of<'lock'>, is: Say, fine: Say): Judgement {
  if (found.of === 'oompa') {
    if (found.holder === 'gone') return is('prune', 'the process that held it is gone');
    return fine('live', 'a living process holds it');
  }
  if (found.ageMs < gitLockMs) return fine('live', 'git holds it at the moment');
  if (found.ours) return is('prune', 'a git process that was killed has left it');
  return is('keep', `git can't change what it locks; if no git command is running: rm ${found.path}`);
}
