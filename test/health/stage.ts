import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Failure, FailureKind } from '../../src/core/failure.ts';
import type { Health, HealthOptions, Lease } from '../../src/health/health.ts';
import { openHealth } from '../../src/health/health.ts';

/** An agent of the tests. */
export const claude = { key: 'claude sonnet', harness: 'claude' } as const;

/** An empty workspace, removed when the test ends. */
export function newWorkspace(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-health-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  return folder;
}

/** The limits of one run, closed when the test ends; and what it said of problems. */
export function openRun(workspace: string, options: Partial<HealthOptions> = {}) {
  const problems: string[] = [];
  const health = openHealth({
    workspace,
    run: 'one',
    outageMs: 3_600_000,
    now: () => new Date(),
    credentialStamp: async () => undefined,
    fixedCap: () => undefined,
    onProblem: (message) => problems.push(message),
    ...options,
  });
  onTestFinished(() => health.close());
  return { health, problems };
}

/** Somebody who asks for a turn. */
export function ask(health: Health, agent: { readonly key: string; readonly harness: string } = claude) {
  const control = new AbortController();
  const told: { why: string; until: number | undefined }[] = [];
  let hasEnded = false;
  let firstTold: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => {
    firstTold = resolve;
  });
  const onWait = (wait: { why: string; until: number | undefined }) => {
    told.push(wait);
    firstTold();
  };
  const ended = health.admit(agent, { signal: control.signal, onWait });
  void ended.then(() => {
    hasEnded = true;
  });
  return {
    told,
    ended,
    /** Resolves when it was told what it waits for. */
    waits,
    hasEnded: () => hasEnded,
    stop: () => control.abort(),
    async lease(): Promise<Lease> {
      const end = await ended;
      if (end.kind !== 'admitted') throw new Error(`not admitted: ${end.kind}`);
      return end.lease;
    },
  };
}

/** A failed turn. */
export function failure(kind: FailureKind, retryAfterMs?: number): Failure {
  return { kind, detail: `${kind}!`, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
