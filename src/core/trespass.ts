import type { Outcome } from './outcome.ts';
import { unreachable } from './unreachable.ts';

/** Something that an agent did to main. `added`: put the commit there. `removed`: the commit was main's tip and is not on it any more. */
export interface MainTaken {
  readonly how: 'added' | 'removed';
  readonly commit: string;
  /** The worker; `unknown` when it can't be told. */
  readonly by: string;
}

/** `an agent (builders-1) put 1a2b3c4d5e on main itself`. */
export function takenWords({ how, commit, by }: MainTaken, main: string): string {
  const who = by === 'unknown' ? 'an agent' : `an agent (${by})`;
  const short = commit.slice(0, 10);
  return how === 'added' ? `${who} put ${short} on ${main} itself` : `${who} took ${short} off ${main}`;
}

/** The two ways out, as commands: undo it, or accept it. */
export function waysOut({ how, commit }: Pick<MainTaken, 'how' | 'commit'>): {
  readonly undo: string;
  readonly accept: string;
} {
  const short = commit.slice(0, 10);
  return {
    undo: how === 'added' ? `git reset --soft ${short}^` : `git merge ${short}`,
    accept: `oompa audit --accept ${short}`,
  };
}

/** One line: what happened to main, and the two commands. */
export function distrustWords(taken: MainTaken, main: string): string {
  const { undo, accept } = waysOut(taken);
  return `${takenWords(taken, main)}; undo it on ${main} (${undo}), or accept it: ${accept}`;
}

/** `it changed src/a.ts in the user's checkout: …`: for a log, and for the next worker. */
export function intrusionWords(outcome: Extract<Outcome, { kind: 'trespassed' }>): string {
  switch (outcome.what) {
    case 'checkout':
      return `it changed files in the user's checkout, where no agent may work: ${outcome.paths.join(', ')}`;
    case 'main':
      return `it moved main itself: ${outcome.why}`;
    default:
      return unreachable(outcome);
  }
}

/** What an agent did in a checkout of the user's, and the command that shows it. */
export function trespassWords(of: {
  readonly worker: string;
  readonly role: 'worker' | 'reviewer' | 'planner';
  readonly checkout: string;
  readonly paths: readonly string[];
  readonly why: string;
}): string {
  const more = of.paths.length > 3 ? ` and ${String(of.paths.length - 3)} more` : '';
  const paths = of.paths.slice(0, 3).join(', ');
  const who = of.role === 'reviewer' ? `the reviewer of ${of.worker}` : of.worker;
  return `${who} changed ${paths}${more} in your checkout (${of.why}); see it with: git -C ${of.checkout} status`;
}

/** That a stash entry of somebody else's vanished during a turn, and the command that brings it back. */
export function stashWords(of: { readonly worker: string; readonly message: string; readonly ref: string }): string {
  return `the stash entry "${of.message}" vanished while ${of.worker} worked; get it back: git stash store -m "${of.message}" ${of.ref}`;
}
