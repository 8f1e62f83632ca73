import { checkFiles } from './checker-files.ts';
import { checkGit } from './checker-git.ts';
import { checkProcesses } from './checker-processes.ts';
import { checkTasks, readTasks } from './checker-tasks.ts';
import { readMain, reachable } from './history.ts';
import type { Workspace } from './workspace.ts';

/** What a workspace must be like at the end. */
export interface Expectation {
  /** The states that a task may be in; the others must be complete. */
  readonly states?: Readonly<Record<string, readonly string[]>>;
  /** Commits that the user has made on main meanwhile. */
  readonly userCommits?: readonly string[];
  /** Paths of the user's uncommitted files that the user has taken back meanwhile. */
  readonly takenBack?: readonly string[];
  /** How many lines of event logs may be torn: one for each kill and short write. */
  readonly torn: number;
}

/**
 * Looks at a workspace after its last run, through git and the file system only, and gives what is wrong with it, a line each.
 * Nothing of oompa's own code is used here: what oompa believes is what is on trial.
 */
export async function checkFinished(workspace: Workspace, expected: Expectation): Promise<string[]> {
  const [main, kept, tasks] = await Promise.all([readMain(workspace), reachable(workspace), readTasks(workspace)]);
  return [
    ...(await checkProcesses(workspace)),
    ...checkTasks(workspace, { tasks: tasks.files, main, states: expected.states ?? {} }),
    ...tasks.problems,
    ...(await checkGit(workspace, { main, kept, userCommits: expected.userCommits ?? [] })),
    ...(await checkFiles(workspace, expected)),
  ];
}

/** The same for a moment at which no run is alive but work is unfinished: what must hold even right after a kill. */
export async function checkInterrupted(workspace: Workspace, torn: number): Promise<string[]> {
  const [main, tasks] = await Promise.all([readMain(workspace), readTasks(workspace)]);
  const inSeveral = tasks.files.filter(({ id, state }) =>
    tasks.files.some((other) => other.id === id && other.state !== state),
  );
  return [
    ...inSeveral.map(({ id, state }) => `${id} is in ${state}, and in another state too`),
    ...workspace.scene.tasks
      .filter((id) => !tasks.files.some((file) => file.id === id))
      .map((id) => `${id} is in no state at all`),
    ...main.problems,
    ...tasks.problems.filter((problem) => !problem.includes('temporary')),
    ...(await checkFiles(workspace, { torn })),
  ];
}
