import type { Found, Holder } from '../../core/reconcile.ts';
import { goesOn } from '../../core/run-state.ts';
import type { IterationRecord } from '../../core/run-state.ts';
import { checkedOutBranches, iterationBranches } from '../../git/rescue/cleanup.ts';
import { git } from '../../git/git.ts';
import { iterationOf } from '../../git/rescue/stranded.ts';
import type { IterationName } from '../../git/rescue/stranded.ts';
import { readRun } from '../../runs/read-runs.ts';
import type { RunRecord } from '../../runs/read-runs.ts';
import type { ReconcileParts } from './parts.ts';

type FoundBranch = Extract<Found, { kind: 'branch' }>;

/**
 * The branches of iterations. `leaving` are those that only worktrees are on which will be off them afterwards. One git process
 * lists them, one more tells which are kept, however many there are.
 */
export async function findBranches(
  { repository }: ReconcileParts,
  runs: RunReader,
  leaving: ReadonlySet<string>,
): Promise<FoundBranch[]> {
  // Before the runs are: a branch of a run that starts in between is then not among them.
  const branches = await iterationBranches(repository.root);
  if (branches.length === 0) return [];
  const checkedOut = await checkedOutBranches(repository);
  const unkept = await unkeptBranches(repository.root, repository.branch);
  const found = branches.map(async (name): Promise<FoundBranch> => {
    const stays = checkedOut.has(name) && !leaving.has(name);
    const holder = await runs.holderOf(runIn(name));
    // What a squash has landed is on main under another name; removing the branch asks for the proof.
    const kept = !unkept.has(name) || (await runs.landingOf(name)) !== undefined;
    return { kind: 'branch', name, holder, checkedOut: stays, kept };
  });
  return Promise.all(found);
}

/** What the logs of past runs tell; each is read once. */
export interface RunReader {
  /** Whether the run goes on; `unknown` when there is no log of it. */
  holderOf(run: string): Promise<Holder>;
  /** The task of an iteration. */
  taskOf(iteration: IterationName): Promise<string | undefined>;
  /** The commit as which the work of a branch has landed. */
  landingOf(branch: string): Promise<string | undefined>;
}

/** Reads the logs of a workspace's runs. */
export function openRunReader(workspace: string): RunReader {
  const read = new Map<string, Promise<RunRecord | undefined>>();
  const recordOf = (id: string): Promise<RunRecord | undefined> => {
    const known = read.get(id) ?? readWhole(workspace, id);
    read.set(id, known);
    return known;
  };
  return {
    async holderOf(run) {
      const record = await recordOf(run);
      return record === undefined ? 'unknown' : goesOn(record.life) ? 'live' : 'gone';
    },
    taskOf: async (iteration) => (await iterationIn(recordOf(iteration.run), iteration))?.task,
    async landingOf(branch) {
      const iteration = iterationOf(branch);
      if (iteration === undefined) return undefined;
      return (await iterationIn(recordOf(iteration.run), iteration))?.landing?.commit;
    },
  };
}

/** An iteration that has ended, or was cut off. */
async function iterationIn(
  reading: Promise<RunRecord | undefined>,
  { worker, iteration }: IterationName,
): Promise<IterationRecord | undefined> {
  const { iterations = [], workers = [] } = (await reading)?.state ?? {};
  const all = [...iterations, ...workers.flatMap((each) => each.iteration ?? [])];
  return all.find((each) => each.worker === worker && each.iteration === iteration);
}

async function readWhole(workspace: string, id: string): Promise<RunRecord | undefined> {
  const search = await readRun(workspace, id);
  return search.kind === 'found' && search.run.id === id ? search.run : undefined;
}

/** The branches that hold a commit which neither main nor a rescue ref leads to. */
async function unkeptBranches(root: string, main: string): Promise<ReadonlySet<string>> {
  const roots = ['--glob=refs/heads/oompa/*', '--not', `refs/heads/${main}`, '--glob=refs/oompa/rescue/*'];
  const listed = await git(root, ['rev-list', '--no-commit-header', '--format=%H', ...roots]);
  // What can't be read counts as kept nowhere: removing it is then refused, and nothing is lost.
  const unkept = new Set(listed.stdout.split('\n'));
  const tips = await git(root, ['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads/oompa/']);
  const pairs = tips.stdout
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
  return new Set(pairs.filter(([oid = '']) => listed.code !== 0 || unkept.has(oid)).map(([, name = '']) => name));
}

function runIn(branch: string): string {
  return iterationOf(branch)?.run ?? branch.split('/')[1] ?? '';
}
