import { join, relative } from 'node:path';
import { listAside } from '../../git/rescue/aside.ts';
import type { WorktreePool } from '../../git/rescue/cleanup.ts';
import type { Repository } from '../../git/repository.ts';
import { listRescues } from '../../git/rescue/rescues.ts';
import { painter } from '../../ui/paint.ts';
import { renderRescueList } from '../../ui/rescue-list.ts';
import type { ListedLeftover } from '../../ui/rescue-list.ts';
import type { ExitCode, Io } from '../io.ts';
import { openMain } from '../open-main.ts';
import { listedRescues } from './facts.ts';

/** `oompa rescue list`. */
export interface ListRescuesOptions {
  /** Only those of this task. */
  readonly task?: string;
  readonly json?: boolean;
}

/** All rescue refs, newest first, and what lies in `.oompa` beside them. */
export async function listRescuesCommand({ task, json = false }: ListRescuesOptions, io: Io): Promise<ExitCode> {
  const repository = await openMain(io);
  if (repository === undefined) return 2;
  const all = (await listRescues(repository.root)).filter((rescue) => task === undefined || rescue.task === task);
  const rescues = await listedRescues(repository, [...all].reverse());
  const leftovers = task === undefined ? await leftoversOf(repository) : [];
  if (json) io.stdout(`${JSON.stringify({ rescues, leftovers }, undefined, 2)}\n`);
  else
    io.stdout(
      renderRescueList({ rescues, leftovers, task }, { columns: io.columns, paint: painter(io.color), now: io.now() }),
    );
  return 0;
}

async function leftoversOf(repository: Repository): Promise<ListedLeftover[]> {
  const pool: WorktreePool = {
    repository,
    folder: join(repository.root, '.oompa', 'worktrees'),
    // Nothing is changed here.
    withLock: (work) => work(),
  };
  const found = (await listAside(pool)).filter(({ isEmpty }) => !isEmpty);
  return found.map(({ kind, name, path, modified }) => {
    return { kind, name, path: relative(repository.root, path), at: modified.toISOString() };
  });
}
