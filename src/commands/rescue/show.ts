import { stripVTControlCharacters } from 'node:util';
import { StringDecoder } from 'node:string_decoder';
import { changes } from '../../git/diff.ts';
import { git } from '../../git/git.ts';
import { keptFilesOf } from '../../git/rescue/kept-files.ts';
import { listRescues } from '../../git/rescue/rescues.ts';
import type { Repository } from '../../git/repository.ts';
import { painter } from '../../ui/paint.ts';
import { renderRescue, rescueCommands } from '../../ui/rescue.ts';
import type { ShownRescue } from '../../ui/rescue.ts';
import type { ListedRescue } from '../../ui/rescue-list.ts';
import type { ExitCode, Io } from '../io.ts';
import { openMain } from '../open-main.ts';
import { readQueue } from '../read-queue.ts';
import { listedRescues } from './facts.ts';
import { theRescue } from './find.ts';

/** `oompa rescue show NAME`. */
export interface ShowRescueOptions {
  /** A task, a ref, a commit, or a part of a ref that no other has. */
  readonly name: string;
  readonly json?: boolean;
}

/** Shows what a rescue is, where it came from, and its diff against main. 2 when the name is unknown or means several. */
export async function showRescue({ name, json = false }: ShowRescueOptions, io: Io): Promise<ExitCode> {
  const repository = await openMain(io);
  if (repository === undefined) return 2;
  const found = theRescue(name, await listRescues(repository.root), io);
  if (found === undefined) return 2;
  const [listed] = await listedRescues(repository, [found.rescue]);
  if (listed === undefined) return 2;
  const shown = await detailsOf(repository, listed, found.older);
  if (json) {
    io.stdout(`${JSON.stringify(shown, undefined, 2)}\n`);
    return 0;
  }
  const view = { columns: io.columns, paint: painter(io.color), now: io.now() };
  io.stdout(renderRescue(shown, view));
  await printDiff(repository, shown, io);
  io.stdout(rescueCommands(shown, view));
  return 0;
}

async function detailsOf(repository: Repository, listed: ListedRescue, older: number): Promise<ShownRescue> {
  const { root, branch } = repository;
  const { base, commit, task } = listed;
  const log = await git(root, ['log', '-z', '--format=%h%x00%s', commit, '--not', `refs/heads/${branch}`]);
  const parts = log.stdout.split('\0');
  const commits = parts.flatMap((subject, index) =>
    index % 2 === 0 ? [] : [{ commit: parts[index - 1] ?? '', subject }],
  );
  const { listing } = await readQueue(root);
  const owner = listing.tasks.find((each) => each.task.id === task);
  return {
    ...listed,
    commits,
    changed: base === null || base === commit ? [] : await changes(root, base, commit),
    kept_files: await keptFilesOf(root, commit),
    older,
    task_state: owner?.state ?? null,
    ended: owner?.task.record.rescue === listed.ref ? (owner.task.record.outcome ?? null) : null,
    branch,
  };
}

/** As it comes, whatever its size. */
async function printDiff({ root }: Repository, { base, commit }: ShownRescue, io: Io): Promise<void> {
  if (base === commit) return;
  const decoder = new StringDecoder('utf8');
  const options = [`--color=${io.color ? 'always' : 'never'}`, '--no-ext-diff', '--no-textconv'];
  const order = base === null ? ['show', '--format=', ...options, commit] : ['diff', ...options, base, commit];
  const print = (text: string) => {
    if (text !== '') io.stdout(io.terminal === undefined ? text : harmless(text));
  };
  await git(root, order, { onStdout: (chunk) => print(decoder.write(chunk)) });
  print(decoder.end());
  io.stdout('\n');
}

/** On a terminal only colours are obeyed: files of an agent's may hold any other sequence. */
function harmless(text: string): string {
  return text
    .split(colours)
    .map((part, index) => (index % 2 === 1 ? part : stripVTControlCharacters(part).replace(controls, '\ufffd')))
    .join('');
}

const colours = new RegExp(`(${String.fromCharCode(27)}\\[[\\d;]*m)`);
const controls = /[^\P{Cc}\n\t]/gu;
