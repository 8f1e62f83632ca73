import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { opencodeFor, warmOpencode } from '../../src/demo/model-server/opencode.ts';
import { startModelServer } from '../../src/demo/model-server/server.ts';
import { opencode } from '../../src/harness/opencode.ts';
import { runAgent } from '../../src/harness/run-agent.ts';
import { openManagedServer, type Way } from '../../src/harness/serve/managed-server.ts';
import { clientEnvironment } from '../../src/harness/serve/server.ts';
import { findCli } from '../rig/clis.ts';
import { repository } from '../rig/repository.ts';
import { median, ratio, ratioSpread } from './statistics.ts';
import { figure, table } from './table.ts';

/**
 * `tsx test/bench/warm.ts`: what `serve: managed` saves. Turns of opencode with one short answer of a scripted model, by turns
 * started directly and through the managed server, in worktrees that both have worked in before.
 */
const rounds = 7;
const most = 4;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const program = findCli('opencode');
if (program === undefined) throw new Error('opencode is not installed; run npm install');
const model = await startModelServer({ script: () => ({ kind: 'say', text: 'All is well.' }) });
const repo = await repository();
const folder = join(repo.path, '.oompa');
const { env: own, model: name } = await opencodeFor(model, join(folder, 'state'));
const env = { PATH: process.env['PATH'] ?? '', ...own };
await mkdir(join(folder, 'server'));
await warmOpencode(program, { env, args: [], model: name });
const managed = openManagedServer({
  ...{ binary: program, cwd: join(folder, 'server'), env, password: randomUUID() },
  onEvent: (event) => say(event.kind),
});
try {
  const slots = Array.from({ length: most }, (_, index) => join(folder, `slot-${String(index + 1)}`));
  for (const slot of slots) await repo.git('worktree', 'add', '-q', '--detach', slot);
  const before = loadavg()[0] ?? 0;
  const rows = [];
  for (const workers of [1, most]) rows.push(await compare(slots.slice(0, workers)));
  const load = `Load when it began: ${figure(before)}, when it ended: ${figure(loadavg()[0] ?? 0)}.`;
  process.stdout.write(
    `\nOne turn with a one-line answer, ${String(rounds)} pairs, ${String(availableParallelism())} cores. ${load}\n\n${table(
      ['turns at a time', 'direct', 'managed', 'managed / direct (min to max)'],
      rows,
    )}\n`,
  );
} finally {
  await managed.close();
  await model.close();
  await repo.remove();
}

/** One row: the median seconds until all turns of a round are done, and the median over rounds of the ratio of both ways. */
async function compare(slots: readonly string[]): Promise<string[]> {
  const seconds = { direct: new Array<number>(), managed: new Array<number>() };
  for (let round = 0; round <= rounds; round += 1) {
    const direct = await timed(slots, (slot) => turn(slot, { kind: 'direct', why: 'measured' }));
    const served = await timed(slots, (slot) => managed.during(slot, (way) => turn(slot, way)));
    say(`${String(slots.length)} at a time, round ${String(round)}: ${figure(direct)} s, ${figure(served)} s`);
    // In round 0 each way sees its worktrees for the first time.
    if (round === 0) continue;
    seconds.direct.push(direct);
    seconds.managed.push(served);
  }
  const { min, max } = ratioSpread(seconds.managed, seconds.direct);
  return [
    String(slots.length),
    `${figure(median(seconds.direct))} s`,
    `${figure(median(seconds.managed))} s`,
    `${figure(ratio(seconds.managed, seconds.direct))} (${figure(min)} to ${figure(max)})`,
  ];
}

async function timed(slots: readonly string[], work: (slot: string) => Promise<void>): Promise<number> {
  const begun = performance.now();
  await Promise.all(slots.map(work));
  return (performance.now() - begun) / 1000;
}

async function turn(cwd: string, way: Way): Promise<void> {
  const attach = way.kind === 'server' ? { attach: way.server.url } : {};
  const { ending } = await runAgent({
    harness: opencode,
    request: {
      ...{ cwd, prompt: 'Say that all is well.', model: name, newSessionId: '', root: false, promptFile: '' },
      settings: { binary: program ?? '', ...attach },
    },
    limits: { timeoutMs: 120_000, silenceMs: 120_000, outputBytes: 1_000_000 },
    env: way.kind === 'server' ? { ...env, ...clientEnvironment(way.server, env) } : env,
    transcript: { stdout: `${cwd}.stdout`, stderr: `${cwd}.stderr` },
    signal: stop.signal,
    redact: (text) => text,
  });
  if (ending.kind === 'failed') throw new Error(`${ending.failure.kind}: ${ending.failure.detail}`);
}

function say(text: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}
