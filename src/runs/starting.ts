import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../system/process-identity.ts';
import { isAlive, ownIdentity } from '../system/process-identity.ts';
import { removeRunFolder } from './remove-run.ts';
import { runFiles, runsFolder } from './run-folder.ts';
import { isRunId } from './run-id.ts';
import { makeRunFolder, readOwner, recordOf, replaceRecord } from './run-record.ts';

/** What a run that was started apart prints: relative to its folder. */
export const outputFile = 'output.log';

/** A run that has a record and no process yet. */
export interface StartingRun {
  /** Absolute. */
  readonly folder: string;
  /** Names the process that is to run it; from then on the run is that one's. Throws node's own error. */
  handOver(process: ProcessIdentity): void;
  /** Removes the record, unless the run has begun after all. Never rejects. */
  forget(): Promise<void>;
}

/**
 * Writes down a run before there is a process for it. The record names this process until it is handed over: killed in between,
 * it leaves a run that has never started, and never a process without a record.
 */
export function noteStarting(
  workspace: string,
  { id, now }: { readonly id: string; readonly now: Date },
): { readonly kind: 'noted'; readonly run: StartingRun } | { readonly kind: 'failed'; readonly message: string } {
  const recordFor = ({ pid, start }: ProcessIdentity) => recordOf({ id, pid, pidStart: start, now }, 'starting');
  try {
    const folder = makeRunFolder(workspace, id, recordFor(ownIdentity()));
    const run: StartingRun = {
      folder,
      handOver: (process) => replaceRecord(folder, recordFor(process)),
      forget: async () => {
        if (existsSync(join(folder, runFiles.events))) return;
        await removeRunFolder(workspace, id).catch(() => undefined);
      },
    };
    return { kind: 'noted', run };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const folder = join(runsFolder(workspace), id);
    return {
      kind: 'failed',
      message: `the run's folder ${folder} could not be made: ${why}. See what is wrong: oompa doctor`,
    };
  }
}

/** Undefined when the run waits for this very process, which may then make its log; else one line why it may not. */
export async function whyNotOurs(workspace: string, id: string): Promise<string | undefined> {
  const own = ownIdentity();
  const folder = join(runsFolder(workspace), id);
  for (;;) {
    const owner = isRunId(id) ? await readOwner(folder) : undefined;
    if (owner === undefined || owner.isHandedOver || owner.host !== hostname()) {
      return `${id} is no run that waits for its process; start one with: oompa swarm --detach`;
    }
    if (owner.pid === own.pid && owner.pidStart === own.start) return undefined;
    if (!isAlive(owner.pid, owner.pidStart))
      return `run ${id} was never handed over: whoever started it is gone; start one with: oompa swarm --detach`;
    // Who has started this process is about to name it in the record.
    await sleep(20);
  }
}
