import { nearest } from '../../core/nearest.ts';
import { dependencyProblems } from '../../core/schedule.ts';
import type { QueueListing } from '../../queue/queue.ts';
import { dependencyText } from '../../ui/tasks.ts';
import { counted } from '../../ui/text.ts';
import type { ExitCode, Io } from '../io.ts';
import { knownIds, withQueue } from './queue.ts';

/** `oompa tasks lint`. */
export interface LintOptions {
  readonly json?: boolean;
}

/** Names what keeps tasks from being worked on: unreadable files, taken ids, dangling dependencies, cycles. 1 when there is any. */
export async function lintTasks({ json = false }: LintOptions, io: Io): Promise<ExitCode> {
  return withQueue(io, async (queue) => {
    const listing = await queue.list();
    const problems = problemsIn(listing);
    if (json) io.stdout(`${JSON.stringify({ problems }, undefined, 2)}\n`);
    else io.stdout(reportOf(problems, listing));
    return problems.length === 0 ? 0 : 1;
  });
}

interface Problem {
  readonly path: string;
  /** Undefined where the problem is no place in the file. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

function problemsIn(listing: QueueListing): Problem[] {
  const ids = knownIds(listing);
  const paths = new Map(listing.tasks.map(({ task, path }) => [task.id, path]));
  const open = listing.tasks.filter(({ state }) => state !== 'complete').map(({ task }) => task);
  const unreadable = listing.unreadable.map(({ path, line, column, message }) => ({ path, line, column, message }));
  const dependencies = dependencyProblems(open, new Set(ids)).map((problem) => {
    const task = problem.kind === 'dangling' ? problem.task : (problem.tasks[0] ?? '');
    const meant = problem.kind === 'dangling' ? nearest(problem.dependency, ids) : undefined;
    return { path: paths.get(task) ?? task, message: dependencyText(problem, meant) };
  });
  return [...unreadable, ...dependencies];
}

function reportOf(problems: readonly Problem[], { tasks }: QueueListing): string {
  if (problems.length === 0) return `${counted(tasks.length, 'task')}, no problems\n`;
  const lines = problems.map(({ path, line, column, message }) => {
    const place = line === undefined ? path : `${path}:${line}:${column ?? 1}`;
    return `${place}  ${message}\n`;
  });
  return `${lines.join('')}${counted(problems.length, 'problem')}. Check again with: oompa tasks lint\n`;
}
