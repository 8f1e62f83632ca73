import type { WorktreePool } from '../../git/cleanup.ts';
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
  /** Rescue refs go too, where they may. */
  readonly force: boolean;
  /** With `force`: milliseconds after which a rescue ref goes even if main lacks its work. */
  readonly olderThanMs: number | undefined;
  readonly io: Io;
}
