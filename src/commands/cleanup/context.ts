import type { WorktreePool } from '../../git/rescue/cleanup.ts';
import type { Refs } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import type { Io } from '../io.ts';

/** What `oompa cleanup` works with. */
export interface CleanupContext {
  readonly repository: Repository;
  readonly refs: Refs;
  readonly pool: WorktreePool;
  /** oompa's own folder in the workspace, `.oompa`. */
  readonly own: string;
  /** Nothing is changed. */
  readonly dryRun: boolean;
  /** Also rescue refs go whose work main lacks, where `olderThanMs` or `keep` says which. */
  readonly force: boolean;
  /** Rescue refs younger than these milliseconds stay. */
  readonly olderThanMs: number | undefined;
  /** So many of the newest rescue refs of each task stay. */
  readonly keep: number | undefined;
  readonly io: Io;
}
