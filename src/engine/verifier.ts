import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { blameOf, nextVerifications } from '../core/landing.ts';
import type { VerifyRun } from '../core/landing.ts';
import { withPlace } from '../system/semaphore.ts';
import { runShell } from '../system/shell.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { Job } from './job.ts';
import { clearTemporary, prepareDetached } from './place.ts';
import type { Place } from './place.ts';

/** What the user's checks say about one tree. */
export type VerifyResult =
  | { readonly kind: 'green' }
  /** Red twice in a row on the very same tree: only then is a change blamed. */
  | { readonly kind: 'red'; readonly command: string; readonly output: string }
  /**
   * Killed, not found, timed out: is not red. `onMainToo`: main as it is could not be checked either, so that it says nothing about
   * the change; without it, that could be done, and the change could not be checked twice.
   */
  | { readonly kind: 'could-not-run'; readonly command: string; readonly why: string; readonly onMainToo?: true };

/** Runs the verify commands on exactly the tree that would land, in a worktree of oompa's own. `main`: its first parent. */
export interface Verifier {
  verify(
    candidate: { readonly commit: string; readonly tree: string; readonly main: string },
    of: Job['of'],
  ): Promise<VerifyResult>;
}

/** A verifier that keeps its green results by tree, on disk: no tree is tested twice under the same commands. */
export function openVerifier(context: SwarmContext): Verifier {
  const commands = context.config.verify;
  // The commands are part of the key: a tree that was green under others is not green under these.
  const digest = createHash('sha256').update(JSON.stringify(commands)).digest('hex').slice(0, 16);
  const folder = join(context.repository.root, '.oompa', 'verified', digest);
  return {
    async verify({ commit, tree, main }, of) {
      if (commands.length === 0) return { kind: 'green' };
      const change = { id: of.task, tree };
      const runs: VerifyRun[] = [];
      if (await isGreen(folder, tree)) runs.push(runOf(change, 'green'));
      let last: VerifyResult = { kind: 'green' };
      for (;;) {
        const [due] = nextVerifications({ waiting: [change], runs, running: [], slots: 1 });
        if (due === undefined) break;
        last = await check(context, { commit, tree, of });
        if (last.kind === 'could-not-run') {
          const isSecond = runs.some(({ result }) => result === 'could-not-run');
          if (isSecond || context.shutdown.stopping.aborted) return last;
          if (!(await mainCanRun(context, main, of))) return { ...last, onMainToo: true };
        }
        runs.push(runOf(change, last.kind));
      }
      if (blameOf(change.id, runs) === 'blamed') return last;
      await remember(folder, tree);
      return { kind: 'green' };
    },
  };
}

/** A tree to check, for the task that it is checked for. */
interface Check {
  readonly commit: string;
  readonly tree: string;
  readonly of: Job['of'];
  /** It is main as it is: what comes of it is no news of the task's own. */
  readonly isMain?: true;
}

async function check(context: SwarmContext, order: Check): Promise<VerifyResult> {
  const prepared = await prepareDetached(context, 'verify', order.commit);
  if (prepared.kind === 'failed') {
    return { kind: 'could-not-run', command: context.config.verify[0] ?? '', why: whyOf(prepared.outcome) };
  }
  const result = await inTurn(context, order.of, () => runAll(context, prepared.place, order));
  await clearTemporary(prepared.place);
  return result;
}

/** Whether the checks of main as it is can be run, be they green or red. */
async function mainCanRun(context: SwarmContext, main: string, of: Job['of']): Promise<boolean> {
  const tree = await context.objects.treeOf(main);
  if (tree === undefined) return false;
  const why = `for the checks of ${context.main} as it is: can they be run there?`;
  tell(context, { type: 'verify:waiting', ...of, why });
  return (await check(context, { commit: main, tree, of, isMain: true })).kind !== 'could-not-run';
}

function runOf({ id, tree }: { id: string; tree: string }, result: VerifyRun['result']): VerifyRun {
  return { tree, changes: [id], result };
}

/** What a verify command knows of the place that it has, and an oompa inside of it: that one must not wait for another. */
const placeVariable = 'OOMPA_VERIFY_PLACE';

/** Waits until so few others verify on this machine that one more may. The wait is no part of any command's time. */
async function inTurn(context: SwarmContext, of: Job['of'], work: () => Promise<VerifyResult>): Promise<VerifyResult> {
  if ((context.env[placeVariable] ?? '') !== '') return work();
  const places = context.config.limits.verify_slots ?? Math.max(1, Math.floor(availableParallelism() / 2));
  const done = await withPlace(
    {
      name: 'verify',
      places,
      env: context.env,
      signal: context.shutdown.stopping,
      onWait: () => {
        const why = `for other checks on this machine, ${String(places)} at a time (limits.verify_slots)`;
        tell(context, { type: 'verify:waiting', ...of, why });
      },
    },
    work,
  );
  if (done.kind === 'done') return done.value;
  return { kind: 'could-not-run', command: context.config.verify[0] ?? '', why: 'it was stopped' };
}

async function runAll(context: SwarmContext, place: Place, { tree, of, isMain }: Check): Promise<VerifyResult> {
  for (const [index, command] of context.config.verify.entries()) {
    if (isMain === undefined) tell(context, { type: 'verify:started', ...of, command, tree });
    const ran = await runShell({
      command,
      cwd: place.folder,
      env: { ...context.env, ...place.env, OOMPA_TASK: of.task, [placeVariable]: 'yes' },
      timeoutMs: context.config.limits.verify_timeout,
      log: join(
        context.log.folder,
        'verify',
        `${of.worker}-i${String(of.iteration)}-${tree.slice(0, 10)}-${String(index + 1)}.log`,
      ),
      signal: context.shutdown.stopping,
      note: context.processes.as(command),
      redact: (text) => context.redact(text),
    });
    const detail = ran.kind === 'passed' ? '' : ran.detail;
    const ended = { command, tree, result: ran.kind, detail, ms: Math.round(ran.durationMs) };
    if (isMain === undefined) tell(context, { type: 'verify:ended', ...of, ...ended });
    if (ran.kind === 'failed') return { kind: 'red', command, output: ran.tail };
    if (ran.kind === 'could-not-run') return { kind: 'could-not-run', command, why: ran.detail };
  }
  return { kind: 'green' };
}

async function isGreen(folder: string, tree: string): Promise<boolean> {
  try {
    await readFile(join(folder, tree));
    return true;
  } catch {
    return false;
  }
}

async function remember(folder: string, tree: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, tree), '');
  } catch {
    // A disk that is full costs another run of the checks, and nothing else.
  }
}

function whyOf(outcome: object): string {
  return 'why' in outcome && typeof outcome.why === 'string' ? outcome.why : 'its worktree could not be made';
}
