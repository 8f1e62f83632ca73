import { openRefs } from '../../git/refs.ts';
import { listRescues } from '../../git/rescue/rescues.ts';
import { restoreBranch } from '../../git/rescue/restore.ts';
import { painter } from '../../ui/paint.ts';
import { renderRestored } from '../../ui/rescue.ts';
import type { ExitCode, Io } from '../io.ts';
import { openMain } from '../open-main.ts';
import { listedRescues } from './facts.ts';
import { theRescue } from './find.ts';
import { keptFilesOf } from '../../git/rescue/kept-files.ts';

/** `oompa rescue restore NAME`. */
export interface RestoreOptions {
  /** A task, a ref, a commit, or a part of a ref that no other has. */
  readonly name: string;
  /** A new branch; `rescue/<task>` when left out. */
  readonly branch?: string;
}

/** Makes a branch at rescued work, and says how to go on; the checkout and the rescue ref stay as they are. */
export async function restoreRescue({ name, branch }: RestoreOptions, io: Io): Promise<ExitCode> {
  const repository = await openMain(io);
  if (repository === undefined) return 2;
  const found = theRescue(name, await listRescues(repository.root), io);
  if (found === undefined) return 2;
  const refs = openRefs(repository.root);
  try {
    const restored = await restoreBranch(repository, found.rescue, {
      refs,
      ...(branch === undefined ? {} : { branch }),
    });
    if (restored.kind === 'refused') {
      io.stderr(`${restored.detail}; name another one: oompa rescue restore ${name} --branch NAME\n`);
      return 2;
    }
    const [listed] = await listedRescues(repository, [found.rescue]);
    if (listed === undefined) return 2;
    const kept_files = await keptFilesOf(repository.root, listed.commit);
    const shown = { ...listed, kept_files, older: found.older, restored, main_branch: repository.branch };
    io.stdout(renderRestored(shown, { columns: io.columns, paint: painter(io.color), now: io.now() }));
    return 0;
  } finally {
    await refs.close();
  }
}
