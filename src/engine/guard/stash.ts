import { absent } from '../../git/refs.ts';
import { isStashedOn, readStash } from '../../git/rescue/stash.ts';
import type { StashEntry } from '../../git/rescue/stash.ts';
import type { SwarmContext } from '../context.ts';
import { tell } from '../context.ts';
import type { TurnToGuard } from './guard.ts';

/** Looks after the stash, which the user and all agents share. */
export interface StashGuard {
  /** Looks before a turn. */
  begin(): Promise<{
    /** Keeps what vanished during the turn and was not stashed on its own branch. */
    end(order: Pick<TurnToGuard, 'of' | 'place'>): Promise<void>;
  }>;
}

/** Opens the guard: one small file is read before and after a turn, and no process is started. */
export function openStashGuard(context: Omit<SwarmContext, 'guard'>): StashGuard {
  const { commonDir } = context.repository;
  // Turns that go on at the same time see the same entry vanish.
  const kept = new Set<string>();
  return {
    async begin() {
      const before = await readStash(commonDir);
      return {
        async end({ of, place }) {
          const left = new Set((await readStash(commonDir)).map(({ commit }) => commit));
          for (const entry of before) {
            if (left.has(entry.commit) || kept.has(entry.commit) || isStashedOn(entry, place.branch)) continue;
            kept.add(entry.commit);
            await keep(context, of, entry);
          }
        },
      };
    },
  };
}

async function keep(context: Omit<SwarmContext, 'guard'>, of: TurnToGuard['of'], entry: StashEntry): Promise<void> {
  const name = `refs/oompa/rescue/stash/${context.log.id}-${of.worker}-i${String(of.iteration)}`;
  for (let n = 1; n <= 50; n += 1) {
    const ref = n === 1 ? name : `${name}.${String(n)}`;
    const created = await context.refs.transaction([{ ref, to: entry.commit, from: absent }]);
    if (created.kind === 'refused') continue;
    tell(context, { type: 'stash:kept', ...of, ref, commit: entry.commit, message: entry.message });
    return;
  }
  const message = `the stash entry "${entry.message}" vanished and could not be kept; it is still there for now: git show ${entry.commit}`;
  tell(context, { type: 'problem:seen', message });
}
