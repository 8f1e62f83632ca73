import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHealth } from '../../src/health/health.ts';

/**
 * A run in a process of its own, in the workspace of its first argument: `hold` takes all turns there are, says so, and keeps them
 * until it is killed; `fail` takes one, fails it by a refused login, and says what it knows then; `work` takes some, one after the other in each of three workers, and marks each by a file as long as it
 * lasts. Its last message is the most marks that it saw at a time; then it ends because nothing is left to do.
 */
const [mode, workspace = '', cap = '1', turns = '0'] = process.argv.slice(2);
const claude = { key: 'claude sonnet', harness: 'claude' };
const marks = join(workspace, 'marks');

const health = openHealth({
  workspace,
  run: `run-${String(process.pid)}`,
  outageMs: 3_600_000,
  now: () => new Date(),
  credentialStamp: () => Promise.resolve(undefined),
  fixedCap: () => Number(cap),
  onProblem: (message) => process.send?.({ problem: message }),
});

async function admit() {
  const onWait = () => process.send?.('waits');
  const admission = await health.admit(claude, { signal: new AbortController().signal, onWait });
  if (admission.kind !== 'admitted') throw new Error(admission.kind);
  return admission.lease;
}

if (mode === 'hold') {
  for (let held = 0; held < Number(cap); held += 1) await admit();
  process.send?.('holds');
  await new Promise(() => setInterval(() => undefined, 2 ** 30));
} else if (mode === 'fail') {
  await (await admit()).failed({ kind: 'auth', detail: 'refused' });
  process.send?.((await health.look(claude)).kind);
  await health.close();
  process.disconnect();
} else {
  let most = 0;
  const work = async (worker: number) => {
    for (let turn = 0; turn < Number(turns); turn += 1) {
      const lease = await admit();
      const mark = join(marks, `${String(process.pid)}-${String(worker)}`);
      writeFileSync(mark, '');
      await new Promise(setImmediate);
      most = Math.max(most, readdirSync(marks).length);
      rmSync(mark);
      await lease.succeeded();
    }
  };
  await Promise.all([1, 2, 3].map(work));
  await health.close();
  process.send?.({ most });
  process.disconnect();
}
