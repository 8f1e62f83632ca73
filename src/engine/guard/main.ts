import { setTimeout as pause } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import { distrustWords } from '../../core/trespass.ts';
import { readMove, readTraces, takingsIn } from '../../git/guard/main-history.ts';
import type { MainMove, Taking } from '../../git/guard/main-history.ts';
import { keepCommit } from '../../git/rescue/rescue.ts';
import { noteTaken, unacceptedIn } from '../../git/guard/taken.ts';
import type { Taken } from '../../git/guard/taken.ts';
import { hasIntended } from '../../runs/landing-intents.ts';
import type { SwarmContext } from '../context.ts';
import { tell } from '../context.ts';

/** Agents share the refs: looks whether one of them has moved main, and says whether main can be built upon. */
export interface MainGuard {
  /** Judges what main has done since the last look. No process when it has not moved. */
  check(): Promise<MainState>;
  /** A landing of this run is about to move main to the commit. */
  intend(commit: string): void;
  /** As of the last look. */
  isTrusted(): boolean;
  /** What the turn that ends now in this worktree did; each thing is told once. `isSuspect` is asked where no log tells who it was. */
  takenIn(slot: string, isSuspect: () => Promise<boolean>): Promise<readonly KeptTaking[]>;
}

/** Main as it was judged. */
export interface MainState {
  /** Undefined when the branch is gone. */
  readonly tip: string | undefined;
  /** Why it must not be built upon, in one line with the ways out; undefined when it may. */
  readonly distrust: string | undefined;
}

/** What an agent did, and the ref that keeps the commit. */
export type KeptTaking = Taking & { readonly kept: string | undefined };

/** Opens the guard; what main was before the run is taken as it is. */
export function openMainGuard(context: Omit<SwarmContext, 'guard'>): MainGuard {
  const { repository, main } = context;
  const intended = new Set<string>();
  const mutex = new Mutex();
  let judged = repository.head;
  let distrust: string | undefined;
  const seen: Taken[] = [];
  let untold: KeptTaking[] = [];

  async function look(): Promise<MainState> {
    const tip = await context.objects.resolve(`refs/heads/${main}`);
    if (tip === undefined) return { tip, distrust };
    const isOurs = intended.has(tip) && distrust === undefined && (await isNext(tip));
    if (tip !== judged && !isOurs && !(await judge(tip))) return { tip, distrust: distrust ?? unreadable(main) };
    judged = tip;
    if (distrust !== undefined) await reconsider();
    return { tip, distrust };
  }

  /** A landing of our own on what was judged already: nothing to look into. */
  async function isNext(tip: string): Promise<boolean> {
    return (await context.objects.resolve(`${tip}^1`)) === judged;
  }

  /** False when git could not tell. */
  async function judge(tip: string): Promise<boolean> {
    const found = await takings(tip);
    if (found === undefined) return false;
    if (found.length > 0) await note(tip, found);
    return true;
  }

  async function note(tip: string, found: readonly Taking[]): Promise<void> {
    const move = { branch: main, from: judged, to: tip };
    const at = context.now().toISOString();
    for (const { how, commit, slot } of found) {
      const by = slot ?? 'unknown';
      // What is on main now holds all that was put there.
      const kept = await keep(context, how === 'added' ? tip : commit, by);
      seen.push({ how, commit, by, run: context.log.id, at });
      untold.push({ how, commit, slot, kept });
      tell(context, { type: 'main:taken', how, commit, by, ...move, ...(kept === undefined ? {} : { kept }) });
    }
    await reconsider();
  }

  async function takings(tip: string): Promise<Taking[] | undefined> {
    const first = await takingsOnce(tip);
    if (first?.some(({ slot }) => slot === undefined) !== true) return first;
    // git moves a branch first and writes into the log of the checkout afterwards.
    await pause(500);
    return takingsOnce(tip);
  }

  async function takingsOnce(tip: string): Promise<Taking[] | undefined> {
    const move = await readMove(repository, judged, tip);
    if (move === undefined) return undefined;
    const found = takingsIn(move, landingsIn(move), await readTraces(repository));
    // Whoever takes main back from where an agent has put it does what was asked for.
    return distrust === undefined ? found : found.filter(({ how }) => how === 'added');
  }

  function landingsIn({ steps }: MainMove): ReadonlySet<string> {
    const isLanding = (commit: string, run: string) =>
      intended.has(commit) || (run !== context.log.id && hasIntended(repository.root, run, commit));
    return new Set(steps.flatMap(({ commit, run }) => (isLanding(commit, run) ? [commit] : [])));
  }

  /** The user may have put it right, or accepted it. An agent may have deleted the file, and a disk may not take it. */
  async function reconsider(): Promise<void> {
    await noteTaken(repository.root, seen).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      tell(context, { type: 'problem:seen', message: `.oompa/taken.json could not be written: ${why}` });
    });
    const [first] = await unacceptedIn(repository, seen);
    distrust = first === undefined ? undefined : distrustWords(first, main);
  }

  return {
    check: () => mutex.runExclusive(look),
    intend: (commit) => intended.add(commit),
    isTrusted: () => distrust === undefined,
    async takenIn(slot, isSuspect) {
      await mutex.runExclusive(look);
      const own = untold.filter((each) => each.slot === slot);
      const nobodys = untold.filter((each) => each.slot === undefined);
      const mine = nobodys.length > 0 && (await isSuspect()) ? [...own, ...nobodys] : own;
      untold = untold.filter((each) => !mine.includes(each));
      return mine;
    },
  };
}

function unreadable(main: string): string {
  return `git can't tell how ${main} came to where it is; see: git log ${main}`;
}

/** What the user may take off main again, and what was taken off it, must not be lost by that. */
async function keep({ log, refs }: Pick<SwarmContext, 'log' | 'refs'>, commit: string, worker: string) {
  const kept = await keepCommit(commit, { task: 'main', run: log.id, worker, iteration: 0 }, refs);
  return kept.kind === 'kept' ? kept.ref : undefined;
}
