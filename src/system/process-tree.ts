import { randomUUID } from 'node:crypto';
import type { Noter } from './process-notes.ts';
import { readProcess } from './process-table.ts';
import { endProcesses } from './reap.ts';

/** A process that leads a group of its own, and all that comes of it: in its group, or anywhere with its mark. */
export interface ProcessTree {
  /** To be told once the leader has been collected: from then on its id may be given to a stranger. */
  leaderEnded(): void;
  /** Ends all of it, politely and after `graceMs` by force; with nothing left, its note goes too. */
  end(graceMs: number): Promise<void>;
}

/** The variable that everything which a process starts inherits, tools in sessions of their own included. */
export const markName = 'OOMPA_TURN';

/** A mark that no other process has, to be put under `markName` into the environment of one that is about to start. */
export function newMark(): string {
  return randomUUID();
}

/** The tree of a process that was started just now, as the leader of a group, with `mark` in its environment. */
export function processTree(leader: number, mark: string, note?: Noter): ProcessTree {
  // It is there even if it has ended already: nobody has collected it yet.
  const since = readProcess(leader, mark)?.startedAt;
  const forget = note?.({ pid: leader, mark });
  let leaderAlive = true;
  return {
    leaderEnded: () => {
      leaderAlive = false;
    },
    end: async (graceMs) => {
      const ended = await endProcesses(() => ({
        group: leader,
        leaderAlive,
        marker: `${markName}=${mark}`,
        graceMs,
        ...(since === undefined ? {} : { since }),
      }));
      // While the leader is not collected, the tree is to be ended once more.
      if (ended && !leaderAlive) forget?.();
    },
  };
}
