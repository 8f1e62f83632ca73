import type { Found } from '../../core/reconcile.ts';
import { unreachable } from '../../core/unreachable.ts';
import { claimsRoot } from '../../git/landing/fence.ts';
import { git } from '../../git/git.ts';
import type { Landings } from '../../git/landing/landings.ts';
import { claimHolder, landedElsewhere } from '../../queue/file/finish.ts';
import type { Recovered, RecoverOptions } from '../../queue/queue.ts';
import type { ReconcileParts } from './parts.ts';

type FoundTask = Extract<Found, { kind: 'task' | 'landed' | 'unreadable' }>;
type FoundFence = Extract<Found, { kind: 'fence' }>;

/** How recovery finds out what has landed. */
export function landedBy(landings: Landings): Required<Pick<RecoverOptions, 'landedCommit'>> {
  return { landedCommit: (id, generation) => landings.commitOf(id, generation?.n) };
}

/** Every file in `current/`, and those elsewhere whose last claim has landed. Changes nothing. */
export async function findTasks(parts: ReconcileParts, landings: Landings): Promise<FoundTask[]> {
  const current = await parts.queue.recover({ ...landedBy(landings), dryRun: true });
  const landed = await landedElsewhere(parts.repository.root, landedBy(landings).landedCommit, parts.now());
  return [
    ...current.map(foundTask),
    ...landed.map(({ id, path, commit }): FoundTask => ({ kind: 'landed', name: id, path, commit })),
  ];
}

/** The task files that nobody can read. Reads every task file. */
export async function findUnreadable({ queue }: ReconcileParts): Promise<FoundTask[]> {
  const { unreadable } = await queue.list();
  return unreadable.map(({ path, line, column, message }) => {
    return { kind: 'unreadable', name: `${path}:${String(line)}:${String(column)}`, message };
  });
}

/** What a recovery found out about one file. */
function foundTask(recovered: Recovered): Extract<Found, { kind: 'task' }> {
  const { kind, id } = recovered;
  const found = { kind: 'task', name: id, fate: kind } as const;
  switch (kind) {
    case 'live': {
      const { owner } = recovered;
      return owner === undefined ? found : { ...found, detail: `${owner.worker} of ${owner.run}` };
    }
    case 'failed':
      return { ...found, detail: recovered.why };
    case 'completed':
    case 'released':
    case 'held':
      return found;
    default:
      return unreachable(kind);
  }
}

/** The fences of claims; those of tasks that recovery puts right go with them. One git process. */
export async function findFences(parts: ReconcileParts, tasks: readonly FoundTask[]): Promise<FoundFence[]> {
  const format = '--format=%(objectname) %(refname)';
  const { stdout } = await git(parts.repository.root, ['for-each-ref', format, claimsRoot]);
  const fates = new Map(tasks.flatMap((task) => (task.kind === 'task' ? [[task.name, task.fate]] : [])));
  const listed = stdout.split('\n').filter((line) => line !== '');
  return listed.flatMap((line): FoundFence[] => {
    const [oid = '', ref = ''] = line.split(' ');
    const name = ref.slice(claimsRoot.length);
    const fence = { kind: 'fence', name, oid } as const;
    const fate = fates.get(name);
    if (fate === undefined) return [{ ...fence, holder: claimHolder(parts.repository.root, name, parts.now()) }];
    return fate === 'live' || fate === 'held' ? [{ ...fence, holder: fate }] : [];
  });
}
