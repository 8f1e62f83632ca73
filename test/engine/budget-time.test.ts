import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { openBudgets } from '../../src/engine/budgets.ts';
import { createRun } from '../../src/runs/run-log.ts';
import type { RunLog } from '../../src/runs/run-log.ts';

test('a hard limit of time ends a turn, though the timer for it went off before its time', async () => {
  const config = configSchema(['claude']).parse({
    workers: [{ name: 'builders', harness: 'claude' }],
    limits: { max_runtime: '1s', hard: true },
  });
  // The run begins at 0. From then on the clock stands a moment before the end, until it was asked often.
  let asked = 0;
  const clock = () => {
    asked += 1;
    return asked === 1 ? 0 : asked < 20 ? 999.99 : 1001;
  };
  const budgets = openBudgets({ config, clock, log: logOfRun() });
  const leave = budgets.reserve({ task: 'a', pool: 'builders', agent: { harness: 'claude' } });
  if (leave.kind !== 'granted') throw new Error(leave.kind);
  await expect.poll(() => leave.grant.over.aborted).toBe(true);
  expect(asked).toBeGreaterThanOrEqual(20);
  expect(leave.grant.passed()).toMatchObject({ scope: 'run', what: 'runtime', limit: 1000 });
});

function logOfRun(): RunLog {
  const workspace = mkdtempSync(join(tmpdir(), 'oompa-budget-'));
  const run = createRun({
    ...{ workspace, id: '20261121T000000-aaaa', record: {}, pidStart: undefined },
    ...{ redact: (text) => text, now: () => new Date() },
  });
  if (run.kind === 'failed') throw new Error(run.message);
  onTestFinished(() => {
    run.log.close();
    rmSync(workspace, { recursive: true, force: true });
  });
  return run.log;
}
