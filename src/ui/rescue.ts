import { ageOf, linesText } from './rescue-list.ts';
import type { ListedRescue, RescueView } from './rescue-list.ts';
import { counted, cut, displayWidth, left, oneLine, right, shortCommit, someOf, wrapped } from './text.ts';

/** One rescue with everything that is known of it. */
export interface ShownRescue extends ListedRescue {
  /** Its commits that main lacks, newest first. */
  readonly commits: readonly { readonly commit: string; readonly subject: string }[];
  readonly changed: readonly {
    readonly path: string;
    readonly added: number;
    readonly deleted: number;
    readonly binary: boolean;
  }[];
  /** Files in `.oompa/kept/<commit>` that were too much for git. */
  readonly kept_files: readonly { readonly name: string; readonly bytes: number }[];
  /** Earlier rescues of the same task. */
  readonly older: number;
  /** The folder that the task's file is in. */
  readonly task_state: string | null;
  /** How the iteration ended, where the task still tells. */
  readonly ended: string | null;
  /** What main is called. */
  readonly branch: string;
}

/** The head of `oompa rescue show`: what it is, where it came from, what it changes. The diff comes after. */
export function renderRescue(rescue: ShownRescue, view: RescueView): string {
  const { columns, paint } = view;
  const facts = factsOf(rescue, view).flatMap(([name, text]) => {
    const lines = wrapped(oneLine(text), Math.max(20, columns - factWidth - 2));
    return lines.map((line, index) => `  ${left(index === 0 ? name : '', factWidth)}${line}`);
  });
  const changed = rescue.changed.slice(0, mostFiles).map((each) => fileLine(each, columns));
  const rest = rescue.changed.length - changed.length;
  const more = rest > 0 ? [`  and ${String(rest)} more`] : [];
  const head = `${paint('bold', rescue.task)}  ${rescue.ref}`;
  const sections = [
    [head, ...facts],
    [...changed, ...more],
  ].filter((lines) => lines.length > 0);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n\n`;
}

const factWidth = 9;
const mostFiles = 200;
const mostCommits = 10;

function factsOf(rescue: ShownRescue, { now }: RescueView): [string, string][] {
  const { commits, kept_files: files } = rescue;
  const base = rescue.base === null ? '' : `, began at ${shortCommit(rescue.base)}`;
  const named = commits
    .slice(0, mostCommits)
    .map(({ commit, subject }): [string, string] => ['', `${commit} ${subject}`]);
  const rest = commits.length - named.length;
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const names = someOf(
    files.map(({ name }) => name),
    5,
  );
  return [
    ['from', originText(rescue)],
    ['commit', `${shortCommit(rescue.commit)}, ${ageOf(rescue.at, now)} old${base}`],
    ...named,
    ...(rest > 0 ? [['', `and ${String(rest)} more`] as [string, string]] : []),
    ['main', mainText(rescue)],
    ['task', taskText(rescue)],
    ...(files.length === 0
      ? []
      : [['beside', `.oompa/kept/${rescue.commit}: ${names}, ${megabytes(size)}`] as [string, string]]),
    ...(rescue.older === 0
      ? []
      : [
          ['earlier', `${String(rescue.older)} of this task: oompa rescue list --task ${rescue.task}`] as [
            string,
            string,
          ],
        ]),
  ];
}

function originText({ origin, run, worker, iteration, ended }: ShownRescue): string {
  const from = worker === '' ? 'unknown' : `${worker}, iteration ${String(iteration)} of run ${run}`;
  const how = {
    iteration: '',
    found: ', found in its worktree afterwards',
    left: ', on a branch that the agent had left',
    other: '',
  };
  return `${from}${how[origin]}${ended === null ? '' : `; it ended as ${ended}`}`;
}

function mainText({ main, files, added, deleted, branch }: ShownRescue): string {
  switch (main) {
    case 'all':
      return `${branch} has all of it; oompa cleanup may remove the ref`;
    case 'same':
      return `${branch} has the same change by other commits`;
    case 'lacks':
      return `${branch} lacks it: ${counted(files, 'file')}, ${linesText({ added, deleted })}`;
  }
}

function taskText({ task, task_state: state, needed_by: needed }: ShownRescue): string {
  if (state === null) return `there is no task ${task}`;
  return needed === null ? state : `${state}; ${needed === task ? 'it' : needed} goes on from this`;
}

function fileLine(file: ShownRescue['changed'][number], columns: number): string {
  const lines = file.binary ? 'binary' : linesText(file);
  return `  ${right(lines, 12)}  ${cut(oneLine(file.path), Math.max(20, columns - 16))}`;
}

/** What can be done next with a rescue. */
export function rescueCommands(
  { task, commit, older, main, kept_files: files }: ShownRescue,
  { columns }: RescueView,
): string {
  const name = older === 0 && /^[\w.-]+$/.test(task) && task !== 'found' ? task : shortCommit(commit);
  if (main === 'all' && files.length === 0) return 'oompa cleanup --dry-run\n';
  const commands = [`oompa rescue restore ${name}`, `git show --stat ${shortCommit(commit)}`];
  const line = commands.join(' · ');
  return `${displayWidth(line) <= columns ? line : commands.join('\n')}\n`;
}

/** What `oompa rescue restore` has done, and how to go on with the branch. */
export function renderRestored(
  rescue: ListedRescue & {
    readonly kept_files: ShownRescue['kept_files'];
    readonly older: number;
    readonly restored: { readonly kind: 'made' | 'there'; readonly branch: string; readonly merges: boolean };
    readonly main_branch: string;
  },
  { now }: RescueView,
): string {
  const { branch, kind, merges } = rescue.restored;
  const { main_branch: main, commit } = rescue;
  const state = kind === 'there' ? 'was there already, at' : 'is at';
  const steps: [string, string][] = [
    [`git diff ${main}...${branch}`, 'what it changes'],
    [`git switch ${branch}`, 'work on it'],
    [merges ? `git merge --no-ff ${branch}` : `git cherry-pick ${main}..${branch}`, 'bring it into your branch'],
    ...rescue.kept_files.slice(0, 5).map(({ name }): [string, string] => [`cp '.oompa/kept/${commit}/${name}' .`, '']),
  ];
  const width = Math.max(0, ...steps.map(([command]) => displayWidth(command)).filter((each) => each <= 50));
  const older = `the newest of ${String(rescue.older + 1)}; see all with: oompa rescue list --task ${rescue.task}`;
  return [
    `${branch} ${state} ${shortCommit(commit)}: ${counted(rescue.files, 'file')}, ${linesText(rescue)}, ${ageOf(rescue.at, now)} old`,
    ...(rescue.older === 0 ? [] : [older]),
    ...steps.map(
      ([command, why]) =>
        `  ${why === '' ? command : `${command}${' '.repeat(Math.max(0, width - displayWidth(command)))}  ${why}`}`,
    ),
    'Your checkout and the rescue ref are as they were.',
    '',
  ].join('\n');
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${String(Math.ceil(bytes / 1e3))} kB` : `${String(Math.round(bytes / 1e6))} MB`;
}
