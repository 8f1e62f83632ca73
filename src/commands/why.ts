import type { RunState } from '../core/run-state.ts';
import { agentName } from '../core/run-state.ts';
import { agentRowsOf, allIterations, standingOf, usageOf } from '../core/run-tables.ts';
import type { IterationRecord } from '../core/run-state.ts';
import { storiesOf } from '../core/story.ts';
import type { StoryStep } from '../core/story.ts';
import type { Repository } from '../git/repository.ts';
import { git } from '../git/git.ts';
import { listRuns, readRun } from '../runs/read-runs.ts';
import type { RunRecord } from '../runs/read-runs.ts';
import { painter } from '../ui/paint.ts';
import { standingWord } from '../ui/run-tables.ts';
import { stepLines } from '../ui/story-steps.ts';
import { shortCommit } from '../ui/text.ts';
import { renderReasons } from '../ui/why.ts';
import type { Reasons, Told } from '../ui/why.ts';
import type { ExitCode, Io } from './io.ts';
import { openMain } from './open-main.ts';
import { originOf } from './why/origin.ts';
import type { Origin } from './why/origin.ts';

/** `oompa why COMMIT`. */
export interface WhyOptions {
  /** Whatever git takes for a commit. */
  readonly commit: string;
  readonly json?: boolean;
}

/** Which task, agents, reviews and checks stand behind a commit, and what it cost. 1 for a commit that oompa did not make. */
export async function why({ commit, json = false }: WhyOptions, io: Io): Promise<ExitCode> {
  const repository = await openMain(io);
  if (repository === undefined) return 2;
  const origin = await originOf(repository, commit);
  switch (origin.kind) {
    case 'unknown-commit':
      io.stderr(`git knows no commit ${commit}. See what has landed: git log --first-parent ${repository.branch}\n`);
      return 2;
    case 'ambiguous':
      io.stderr(`Several commits begin with ${commit}. See them with: git rev-parse --disambiguate=${commit}\n`);
      return 2;
    case 'not-ours':
      io.stderr(
        `oompa did not make ${shortCommit(origin.commit)}: no landing, rescue ref or run log names it. See it: git show ${shortCommit(origin.commit)}\n`,
      );
      return 1;
    case 'landed':
    case 'aside': {
      const reasons = await reasonsFor(repository, origin);
      io.stdout(
        json
          ? `${JSON.stringify(reasons, undefined, 2)}\n`
          : renderReasons(reasons, { columns: io.columns, paint: painter(io.color) }),
      );
      return 0;
    }
  }
}

type Ours = Extract<Origin, { readonly kind: 'landed' | 'aside' }>;

async function reasonsFor(repository: Repository, origin: Ours): Promise<Reasons> {
  const run = origin.kind === 'landed' ? origin.landing.run : origin.run;
  const found = await readRun(repository.root, run);
  const record = found.kind === 'found' && found.run.id === run ? found.run : undefined;
  const iteration = record === undefined ? undefined : iterationOf(record.state, origin);
  const landing = origin.kind === 'landed' ? origin.landing : undefined;
  const task = landing?.task ?? iteration?.task ?? taskIn(origin);
  return {
    commit: origin.commit,
    landing,
    kept: origin.kind === 'aside' ? origin.kept : undefined,
    run,
    task,
    title: landing?.title ?? iteration?.title ?? (await subjectOf(repository.root, origin.commit)),
    told: record === undefined || iteration === undefined ? undefined : await toldOf(repository, record, iteration),
  };
}

/** A rescue ref names its task where nothing else does. */
function taskIn(origin: Ours): string {
  return origin.kind === 'aside' ? (/^refs\/oompa\/rescue\/([^/]+)\//.exec(origin.kept ?? '')?.[1] ?? '') : '';
}

async function subjectOf(root: string, commit: string): Promise<string> {
  return (await git(root, ['log', '-1', '--format=%s', commit])).stdout.trim();
}

function iterationOf(state: RunState, origin: Ours): IterationRecord | undefined {
  const all = allIterations(state);
  if (origin.kind === 'aside') {
    return all.find(({ worker, iteration }) => worker === origin.worker && iteration === origin.iteration);
  }
  const { commit, task } = origin.landing;
  return all.find(({ landing }) => landing?.commit === commit) ?? all.findLast((each) => each.task === task);
}

async function toldOf(repository: Repository, record: RunRecord, iteration: IterationRecord): Promise<Told> {
  const { worker, task, reviews, checks, rescue, ended } = iteration;
  const story = storiesOf(record.events).find(
    (each) => each.worker === worker && each.iteration === iteration.iteration,
  );
  const steps = story?.steps ?? [];
  return {
    worker,
    iteration: iteration.iteration,
    attempt: iteration.attempt,
    standing: standingWord(standingOf(iteration), record.life),
    agents: agentRowsOf([iteration]).map((row) => ({ ...row, resumed: resumedBy(row.agent, steps) })),
    checks: checks.map(({ command, result, ms }) => ({ command, result, ms })),
    usage: usageOf(iteration),
    ms: ended?.ms ?? 0,
    steps: stepLines(steps, record.life),
    before: [
      ...(await inEarlierRuns(repository.root, record.id, task)),
      ...record.state.iterations
        .slice(0, Math.max(0, record.state.iterations.indexOf(iteration)))
        .filter((each) => each.task === task)
        .map((each) => ({ run: '', worker: each.worker, ending: each.ended?.outcome.kind ?? 'cut off' })),
    ],
    reviews: reviews.length,
    rescue,
    landedAs: iteration.landing?.commit,
  };
}

function resumedBy(agent: string, steps: readonly StoryStep[]): number {
  return steps.filter((step) => step.type === 'turn:started' && step.session === 'resumed' && agentName(step) === agent)
    .length;
}

async function inEarlierRuns(workspace: string, run: string, task: string): Promise<Told['before'][number][]> {
  const runs = (await listRuns(workspace)).filter(({ id }) => id < run).reverse();
  return runs.flatMap(({ id, summary }) =>
    (summary.tasks.find((each) => each.id === task)?.iterations ?? []).map(({ worker, outcome }) => ({
      run: id,
      worker,
      ending: outcome ?? 'cut off',
    })),
  );
}
