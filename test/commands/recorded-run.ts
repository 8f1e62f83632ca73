import type { RunEvent } from '../../src/core/event.ts';
import { createRun } from '../../src/runs/run-log.ts';
import { ownIdentity } from '../../src/system/process-identity.ts';

/** Writes a run of these events into the workspace. Its owner is this process, or one that is gone. */
export function recordRun(
  workspace: string,
  run: { readonly id: string; readonly events: readonly RunEvent[]; readonly owner: 'this' | 'gone' },
): void {
  let now = run.events[0]?.at ?? '2026-11-20T14:01:59Z';
  const created = createRun({
    workspace,
    id: run.id,
    record: {},
    pidStart: run.owner === 'this' ? ownIdentity().start : 'gone',
    redact: (text) => text,
    now: () => new Date(now),
  });
  if (created.kind === 'failed') throw new Error(created.message);
  for (const { at, ...event } of run.events) {
    now = at;
    created.log.append(event);
  }
  created.log.close();
}
