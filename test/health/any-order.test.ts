import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/health/health.ts';
import { openHealth } from '../../src/health/health.ts';
import { ask, failure } from './stage.ts';

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('succeed' as const), nth: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), nth: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), nth: fc.nat(9) }) },
);

describe('asking for turns, giving them back and being stopped in any order', () => {
  it('lets nobody in beyond the cap, and everybody in the order in which they came', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        perform,
      ),
      { numRuns: 60 },
    );
  });
});

async function perform(steps: readonly Step[], fixedCap: number): Promise<void> {
  const workspace = mkdtempSync(join(tmpdir(), 'oompa-health-'));
  const problems: string[] = [];
  const health = openHealth({
    workspace,
    run: 'one',
    outageMs: 3_600_000,
    now: () => new Date(),
    credentialStamp: async () => undefined,
    fixedCap: () => fixedCap,
    onProblem: (message) => problems.push(message),
  });
  const leases: Lease[] = [];
  const came: number[] = [];
  const admitted: number[] = [];
  const stopped = new Set<number>();
  let most = 0;
  const visits: ReturnType<typeof ask>[] = [];

  function come(): void {
    const number = visits.length;
    const visit = ask(health);
    visits.push(visit);
    came.push(number);
    void visit.ended.then((end) => {
      if (end.kind === 'stopped') stopped.add(number);
      if (end.kind !== 'admitted') return;
      leases.push(end.lease);
      admitted.push(number);
      most = Math.max(most, leases.length);
    });
  }

  async function give(nth: number, end: (lease: Lease) => Promise<unknown>): Promise<void> {
    const [lease] = leases.splice(nth % Math.max(1, leases.length), 1);
    if (lease !== undefined) await end(lease);
  }

  try {
    for (const each of steps) {
      if (each.do === 'ask') come();
      else if (each.do === 'succeed') await give(each.nth, (lease) => lease.succeeded());
      else if (each.do === 'limit') await give(each.nth, (lease) => lease.failed(failure('rate-limited', 1)));
      else if (each.do === 'abandon') await give(each.nth, (lease) => lease.abandoned());
      else visits[each.nth % Math.max(1, visits.length)]?.stop();
    }
    // Everybody gets in as places are given back: nobody is forgotten, and nobody is overtaken.
    while (visits.some((visit) => !visit.hasEnded())) {
      await give(0, (lease) => lease.succeeded());
      await new Promise(setImmediate);
    }
    expect(most).toBeLessThanOrEqual(fixedCap);
    expect(admitted).toEqual(came.filter((number) => !stopped.has(number)));
    expect(problems).toEqual([]);
  } finally {
    await health.close();
    rmSync(workspace, { recursive: true, force: true });
  }
}
