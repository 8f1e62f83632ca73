import { join } from 'node:path';
import type { Repository } from '../../git/repository.ts';
import { sizeOf } from '../../harness/state/size.ts';
import type { PastRun, Standing } from '../../runs/prune.ts';
import { judgeRuns, leftoversOfRuns, pastRuns, pruneRun, removeLeftover } from '../../runs/prune.ts';
import { runsFolder } from '../../runs/run-folder.ts';
import { withLockIfFree } from '../../system/lock.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { PruneItem } from '../../ui/runs-prune.ts';
import { renderPrune } from '../../ui/runs-prune.ts';
import { spokenAge } from '../cleanup/age.ts';
import type { ExitCode, Io } from '../io.ts';
import { openMain } from '../open-main.ts';
import { readConfig } from '../workspace.ts';
import { keepOf } from './keep.ts';
import { neededRuns } from './needed.ts';

/** `oompa runs prune`. */
export interface PruneOptions {
  /** Says what would go and changes nothing. */
  readonly dryRun?: boolean;
  /** So many of the newest runs stay, 0 = all; wins over OOMPA_RUNS_KEEP and the config. */
  readonly keep?: number;
  readonly json?: boolean;
}

/** Removes old runs that nothing points to any more, and says why others stay. 1 when something could not be removed. */
export async function pruneCommand(options: PruneOptions, io: Io): Promise<ExitCode> {
  const repository = await openMain(io);
  if (repository === undefined) return 2;
  const keep = await wantedKeep(options, repository, io);
  if (keep === undefined) return 2;
  const dryRun = options.dryRun === true;
  const done = await withLockIfFree(lockIn(repository), () => prune({ repository, keep, dryRun, now: io.now() }));
  if (done.kind === 'busy') {
    io.stderr('Old runs are being removed right now by another oompa; look again with: oompa runs prune --dry-run\n');
    return 1;
  }
  if (done.value.kind === 'unknown') {
    io.stderr(
      `Nothing was removed, because it can't be told what is still needed: ${done.value.why}. See what is wrong: oompa doctor\n`,
    );
    return 1;
  }
  const { items } = done.value;
  const report = { items, dryRun, keep };
  io.stdout(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderPrune(report, io));
  return items.some(({ action }) => action === 'failed') ? 1 : 0;
}

/** Old runs going while another one works. */
export interface Pruning {
  /** Resolves soon: what has not gone by then goes at the next start. Never rejects. */
  end(): Promise<void>;
}

/** Begins to remove old runs; `tell` gets one line when that fails. A start with nothing to remove costs a listing. */
export function pruneBeside(
  order: { readonly repository: Repository; readonly keep: number; readonly now: Date },
  tell: (line: string) => void,
): Pruning {
  const ending = new AbortController();
  const work = quietly({ ...order, signal: ending.signal }, tell);
  return {
    end: () => {
      ending.abort();
      return work;
    },
  };
}

async function quietly(
  order: { readonly repository: Repository; readonly keep: number; readonly now: Date; readonly signal: AbortSignal },
  tell: (line: string) => void,
): Promise<void> {
  const say = (why: string) => {
    tell(`Old runs could not be removed: ${why}; this run goes on. Try again with: oompa runs prune`);
  };
  try {
    const { root } = order.repository;
    const excess = order.keep > 0 && (await pastRuns(root, order.now)).length > order.keep;
    if (!excess && (await leftoversOfRuns(root, order.now)).length === 0) return;
    const done = await withLockIfFree(lockIn(order.repository), () => prune({ ...order, dryRun: false }));
    if (done.kind === 'busy') return;
    if (done.value.kind === 'unknown') say(done.value.why);
    else for (const { why } of done.value.items.filter(({ action }) => action === 'failed').slice(0, 1)) say(why);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

interface Order {
  readonly repository: Repository;
  readonly keep: number;
  readonly dryRun: boolean;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

type Pruned =
  { readonly kind: 'done'; readonly items: readonly PruneItem[] } | { readonly kind: 'unknown'; readonly why: string };

/** One after the other, and leftovers first; to be done under the lock. */
async function prune({ repository, keep, dryRun, now, signal }: Order): Promise<Pruned> {
  const { root } = repository;
  // What points to a run is looked for after the runs are: one that begins in between is then not among them.
  const runs = await pastRuns(root, now);
  const needed = await neededRuns(repository);
  if (needed.kind === 'unknown') return needed;
  const items: PruneItem[] = [];
  for (const name of await leftoversOfRuns(root, now)) {
    const bytes = await sizeOf(join(runsFolder(root), name));
    if (!dryRun) await removeLeftover(root, name);
    items.push({ name, action: 'freed', why: 'left over from a run that was being removed, or made', bytes });
  }
  for (const { run, standing } of judgeRuns(runs, { keep, neededBy: needed.by })) {
    if (signal?.aborted === true) break;
    items.push(await act(root, { run, standing, dryRun }));
  }
  return { kind: 'done', items };
}

async function act(
  root: string,
  { run, standing, dryRun }: { readonly run: PastRun; readonly standing: Standing; readonly dryRun: boolean },
): Promise<PruneItem> {
  const why = wordsFor(standing, run);
  if (standing.kind !== 'old') {
    return { name: run.id, action: standing.kind === 'newest' ? 'newest' : 'kept', why, bytes: 0 };
  }
  const item = { name: run.id, bytes: await sizeOf(join(runsFolder(root), run.id)), why };
  if (dryRun) return { ...item, action: 'freed' };
  const removed = await pruneRun(root, run.id);
  return removed.kind === 'removed' ? { ...item, action: 'freed' } : { ...item, action: 'failed', why: removed.why };
}

function wordsFor(standing: Standing, { ageMs }: PastRun): string {
  switch (standing.kind) {
    case 'old':
      return `${spokenAge(ageMs)} old`;
    case 'newest':
      return 'among the newest';
    case 'no-run':
      return 'what is in it is not a run';
    case 'goes-on':
      return 'it goes on';
    case 'fresh':
      return 'younger than a day';
    case 'needed':
      return standing.by;
    default:
      return unreachable(standing);
  }
}

async function wantedKeep(options: PruneOptions, repository: Repository, io: Io): Promise<number | undefined> {
  if (options.keep !== undefined) return options.keep;
  const loaded = await readConfig(io, repository);
  return loaded === undefined ? undefined : keepOf(loaded.config, io);
}

function lockIn({ root }: Repository): string {
  return join(root, '.oompa', 'prune.lock');
}
