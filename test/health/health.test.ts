import { mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agentName } from '../../src/core/run-state.ts';
import { credentialStamp } from '../../src/harness/credentials.ts';
import { tryLock } from '../../src/system/lock.ts';
import { identityOf, ownIdentity } from '../../src/system/process-identity.ts';
import { ask, claude, failure, newWorkspace, openRun } from './stage.ts';

const codex = { key: agentName({ harness: 'codex', model: 'gpt-5.3' }), harness: 'codex' };

function fileIn(workspace: string): string {
  return join(workspace, '.oompa', 'health.json');
}

function write(workspace: string, value: unknown): void {
  mkdirSync(join(workspace, '.oompa'), { recursive: true });
  writeFileSync(fileIn(workspace), typeof value === 'string' ? value : JSON.stringify(value));
}

function read(workspace: string): unknown {
  return JSON.parse(readFileSync(fileIn(workspace), 'utf8'));
}

describe('those who wait for an agent', () => {
  it('are let in first come first served, as many as the config allows, and told once what they wait for', async () => {
    const { health } = openRun(newWorkspace(), { fixedCap: () => 2 });
    const visits = Array.from({ length: 5 }, () => ask(health));
    const leases = await Promise.all(visits.slice(0, 2).map((visit) => visit.lease()));
    await Promise.all(visits.slice(2).map((visit) => visit.waits));
    expect(await health.look(claude)).toEqual({ kind: 'full', cap: 2 });
    await leases[0]!.succeeded();
    leases.push(await visits[2]!.lease());
    await leases[1]!.abandoned();
    leases.push(await visits[3]!.lease());
    expect(visits[4]!.hasEnded()).toBe(false);
    await leases[2]!.failed(failure('timeout'));
    leases.push(await visits[4]!.lease());
    expect(visits.map(({ told }) => told)).toEqual([
      [],
      [],
      ...Array.from({ length: 3 }, () => [{ why: 'full', until: undefined }]),
    ]);
  });

  it('wait for their own agent only', async () => {
    const { health } = openRun(newWorkspace(), { fixedCap: (harness) => (harness === 'claude' ? 1 : undefined) });
    await ask(health).lease();
    await ask(health).waits;
    await ask(health, codex).lease();
    await ask(health, { key: 'claude opus', harness: 'claude' }).lease();
  });

  it('leave no hole when they are stopped, wherever they stand, and at once', async () => {
    const { health } = openRun(newWorkspace(), { fixedCap: () => 1 });
    const first = await ask(health).lease();
    const [second, third, fourth] = [ask(health), ask(health), ask(health)];
    await fourth.waits;
    second.stop();
    third.stop();
    expect(await Promise.all([second.ended, third.ended])).toEqual([{ kind: 'stopped' }, { kind: 'stopped' }]);
    await first.succeeded();
    await fourth.lease();
  });

  it('give back what they got in the moment that they were stopped', async () => {
    const { health } = openRun(newWorkspace(), { fixedCap: () => 1 });
    const first = ask(health);
    first.stop();
    expect(await first.ended).toEqual({ kind: 'stopped' });
    await ask(health).lease();
  });

  it('are not let in when they were stopped before, or when all is closed', async () => {
    const workspace = newWorkspace();
    const { health } = openRun(workspace, { fixedCap: () => 1 });
    const options = { signal: AbortSignal.abort(), onWait: () => undefined };
    expect(await health.admit(claude, options)).toEqual({ kind: 'stopped' });
    await ask(health).lease();
    const waiting = ask(health);
    await waiting.waits;
    await health.close();
    expect(await waiting.ended).toEqual({ kind: 'stopped' });
    expect(await ask(health).ended).toEqual({ kind: 'stopped' });
    expect(read(workspace)).toMatchObject({ uses: [] });
  });

  it('are all sent away when their agent is out of the run', async () => {
    const workspace = newWorkspace();
    const { health } = openRun(workspace, { fixedCap: () => 1 });
    const lease = await ask(health).lease();
    const waiting = [ask(health), ask(health)];
    const change = await lease.failed(failure('model-unknown'));
    expect(change).toEqual({ why: 'not asked any more in this run; model-unknown: model-unknown!' });
    const out = { kind: 'out', why: 'model-unknown', detail: 'model-unknown!' };
    expect(await Promise.all(waiting.map(({ ended }) => ended))).toEqual([out, out]);
    expect(await health.look(claude)).toEqual(out);
    expect(await openRun(workspace, { run: 'two' }).health.look(claude)).toEqual({ kind: 'open' });
  });
});

describe('a limit that was met', () => {
  it('makes all wait until the time that was named', async () => {
    const { health } = openRun(newWorkspace());
    const before = Date.now();
    const change = await (await ask(health).lease()).failed(failure('quota', 300));
    const until = Date.parse(change?.until ?? '');
    expect(until).toBeGreaterThanOrEqual(before + 300);
    expect(change).toEqual({ why: 'quota: quota!', until: new Date(until).toISOString() });
    const visits = [ask(health), ask(health)];
    await Promise.all(visits.map((visit) => visit.lease()));
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(visits.map(({ told }) => told)).toEqual([[{ why: 'quota', until }], [{ why: 'quota', until }]]);
  });

  it('halves what may be at work over all runs, and is told of once', async () => {
    const workspace = newWorkspace();
    const [one, two] = [openRun(workspace).health, openRun(workspace, { run: 'two' }).health];
    const leases = await Promise.all([one, one, one, two, two].map((health) => ask(health).lease()));
    const changes = [];
    for (const lease of leases) changes.push(await lease.failed(failure('rate-limited')));
    const why = 'at most 2 at a time from now on; rate-limited: rate-limited!';
    expect(changes).toMatchObject([{ why }, ...Array.from({ length: 4 }, () => undefined)]);
    expect(read(workspace)).toMatchObject({ agents: { 'claude sonnet': { cap: 2, successes: 0 } }, uses: [] });
  });

  it('is known to other runs, and to later ones', async () => {
    const workspace = newWorkspace();
    const [one, two] = [openRun(workspace).health, openRun(workspace, { run: 'two' }).health];
    await ask(two).lease();
    await (await ask(one).lease()).failed(failure('auth'));
    const cooling = { kind: 'cooling', why: 'auth', detail: 'auth!' };
    expect(await two.look(claude)).toMatchObject(cooling);
    await one.close();
    expect(await openRun(workspace, { run: 'three' }).health.look(claude)).toMatchObject(cooling);
  });

  it('is over with the success of another run', async () => {
    const workspace = newWorkspace();
    const [one, two] = [openRun(workspace).health, openRun(workspace, { run: 'two' }).health];
    const lease = await ask(two).lease();
    await (await ask(one).lease()).failed(failure('auth'));
    const waiting = ask(one);
    await waiting.waits;
    await lease.succeeded();
    await waiting.lease();
  });

  it('is over with a new login', async () => {
    const home = newWorkspace();
    const login = join(home, '.codex', 'auth.json');
    mkdirSync(join(home, '.codex'));
    writeFileSync(login, '{"OPENAI_API_KEY":"old"}');
    utimesSync(login, 1000, 1000);
    const stamp = (harness: string) => credentialStamp(harness, { env: { HOME: home }, workspace: home });
    const { health } = openRun(newWorkspace(), { credentialStamp: stamp });
    await (await ask(health, codex).lease()).failed(failure('auth'));
    const waiting = ask(health, codex);
    await waiting.waits;
    expect(waiting.told).toMatchObject([{ why: 'auth' }]);
    writeFileSync(login, '{"OPENAI_API_KEY":"new"}');
    await waiting.lease();
    expect(await health.look(codex)).toEqual({ kind: 'open' });
  });

  it('takes an agent back whose login was refused twice, as soon as there is a new one', async () => {
    let now = Date.now();
    let stamp = 1;
    const { health } = openRun(newWorkspace(), { now: () => new Date(now), credentialStamp: async () => stamp });
    await (await ask(health).lease()).failed(failure('auth'));
    now += 600_000;
    await (await ask(health).lease()).failed(failure('auth'));
    expect(await ask(health).ended).toMatchObject({ kind: 'out', why: 'auth' });
    stamp = 2;
    const again = await ask(health).lease();
    const change = await again.failed(failure('auth'));
    expect(change?.why).toContain('not asked any more in this run');
    expect(await ask(health).ended).toMatchObject({ kind: 'out', why: 'auth' });
    stamp = 3;
    await (await ask(health).lease()).succeeded();
    expect(await health.look(claude)).toEqual({ kind: 'open' });
  });

  it('holds nobody for a time of a clock that was set back since', async () => {
    const workspace = newWorkspace();
    let now = Date.now() + 365 * 86_400_000;
    const { health } = openRun(workspace, { now: () => new Date(now) });
    await (await ask(health).lease()).failed(failure('quota', 3_600_000));
    now = Date.now();
    await (await ask(health).lease()).succeeded();
    await (await ask(openRun(workspace, { run: 'two' }).health).lease()).succeeded();
  });

  it('ends the agent’s part in the run when its quota is used up twice', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { health } = openRun(newWorkspace(), { now: () => new Date(now) });
    await (await ask(health).lease()).failed(failure('quota'));
    now += 300_000;
    const change = await (await ask(health).lease()).failed(failure('quota'));
    expect(change?.why).toContain('not asked any more in this run');
    expect(await ask(health).ended).toMatchObject({ kind: 'out', why: 'quota' });
  });
});

describe('the turns of other runs', () => {
  const use = (more: object) => ({ agent: claude.key, run: 'other', host: hostname(), inFlight: 3, ...more });
  const holding = (more: object) => ({ version: 1, agents: {}, uses: [use(more)] });

  it('count while their process lives', async () => {
    const workspace = newWorkspace();
    write(workspace, holding(identityOf(process.ppid) ?? {}));
    const { health } = openRun(workspace, { fixedCap: () => 3 });
    const waiting = ask(health);
    await waiting.waits;
    expect(await health.look(claude)).toEqual({ kind: 'full', cap: 3 });
  });

  it.each([
    ['whose process is gone', { pid: process.pid, start: 'long ago' }],
    ['of another machine', { ...ownIdentity(), host: 'elsewhere' }],
    ['of this run, from before a restart', { ...ownIdentity(), run: 'one' }],
  ])('do not count %s, and are forgotten', async (_what, more) => {
    const workspace = newWorkspace();
    write(workspace, holding(more));
    const { health } = openRun(workspace, { fixedCap: () => 1 });
    await ask(health).lease();
    expect(read(workspace)).toMatchObject({ uses: [{ run: 'one', inFlight: 1 }] });
  });

  it('take turns with those of this run', async ({ signal }) => {
    const workspace = newWorkspace();
    const [one, two] = ['one', 'two'].map((run) => openRun(workspace, { run, fixedCap: () => 1 }).health);
    let lease = await ask(one!).lease();
    const waiting = ask(two!);
    await waiting.waits;
    // The first run always has somebody who waits, and would be the first to know of a free place.
    let next = ask(one!);
    while (!waiting.hasEnded() && !signal.aborted) {
      await new Promise(setImmediate);
      await lease.succeeded();
      const got = await Promise.race([next.lease(), waiting.lease()]);
      if (waiting.hasEnded()) break;
      lease = got;
      next = ask(one!);
    }
    expect(next.hasEnded()).toBe(false);
    await (await waiting.lease()).succeeded();
    await next.lease();
  });

  it('keep no place for somebody who does not go on', async () => {
    const workspace = newWorkspace();
    const now = Date.now();
    const waiting = (seen: number) =>
      holding({ ...identityOf(process.ppid), inFlight: 0, waiting: { since: 0, seen } });
    write(workspace, waiting(now));
    let ahead = 0;
    const { health } = openRun(workspace, { fixedCap: () => 1, now: () => new Date(now + ahead) });
    expect(await health.look(claude)).toEqual({ kind: 'full', cap: 1 });
    ahead = 5000;
    await ask(health).lease();
  });
});

describe('a file that can’t be used', () => {
  /** Works from memory: the cap and the cool-down hold all the same. */
  async function worksAlone({ health, problems }: ReturnType<typeof openRun>): Promise<void> {
    const leases = await Promise.all([ask(health).lease(), ask(health).lease()]);
    const waiting = ask(health);
    await waiting.waits;
    await leases[0].failed(failure('rate-limited', 20));
    await leases[1].succeeded();
    await (await waiting.lease()).succeeded();
    await (await ask(health).lease()).failed(failure('auth'));
    expect(await health.look(claude)).toMatchObject({ kind: 'cooling', why: 'auth' });
    expect(problems).toHaveLength(1);
  }

  it.each([
    ['torn', '{"version":1,"agents":{"claude sonnet":{"ca'],
    ['empty', ''],
    ['of another shape', { version: 1, agents: [], uses: {} }],
    ['of another kind', 'null'],
    ['with a cap below 1', { version: 1, agents: { 'claude sonnet': { cap: 0, successes: 0 } }, uses: [] }],
  ])('because it is %s is said once and written anew', async (_what, content) => {
    const workspace = newWorkspace();
    write(workspace, content);
    const run = openRun(workspace, { fixedCap: () => 2 });
    await worksAlone(run);
    expect(run.problems[0]).toContain(fileIn(workspace));
    expect(read(workspace)).toMatchObject({ version: 1, agents: { 'claude sonnet': { bar: { why: 'auth' } } } });
  });

  it('because it is of a newer version is left as it is', async () => {
    const workspace = newWorkspace();
    write(workspace, { version: 2, more: true });
    const run = openRun(workspace, { fixedCap: () => 2 });
    await worksAlone(run);
    expect(run.problems[0]).toContain('newer oompa');
    expect(read(workspace)).toEqual({ version: 2, more: true });
  });

  it('because its folder can’t be made stops nobody', async () => {
    const workspace = newWorkspace();
    writeFileSync(join(workspace, '.oompa'), 'no folder');
    await worksAlone(openRun(workspace, { fixedCap: () => 2 }));
  });

  it('because it can’t be replaced stops nobody', async () => {
    const workspace = newWorkspace();
    mkdirSync(join(fileIn(workspace), 'in the way'), { recursive: true });
    await worksAlone(openRun(workspace, { fixedCap: () => 2 }));
    expect(readdirSync(join(workspace, '.oompa'))).toEqual(['health.json']);
  });

  it('because its lock is held by somebody who does not go on stops nobody', async () => {
    const workspace = newWorkspace();
    mkdirSync(join(workspace, '.oompa'));
    const unlock = tryLock(join(workspace, '.oompa', 'health.lock'));
    onTestFinished(() => unlock?.());
    await worksAlone(openRun(workspace, { fixedCap: () => 2 }));
  });

  it('is shared again, with what was learnt meanwhile, as soon as it can be', async () => {
    let now = Date.now();
    const workspace = newWorkspace();
    write(workspace, { version: 2 });
    const { health } = openRun(workspace, { now: () => new Date(now) });
    const lease = await ask(health).lease();
    await (await ask(health).lease()).failed(failure('rate-limited'));
    write(workspace, { version: 1, agents: {}, uses: [] });
    now += 31_000;
    await lease.abandoned();
    expect(read(workspace)).toMatchObject({ agents: { 'claude sonnet': { cap: 1 } } });
  });
});

describe('the file', () => {
  it('is left alone with nothing beside it, and by looks', async () => {
    const workspace = newWorkspace();
    const { health } = openRun(workspace);
    await health.look(claude);
    expect(readdirSync(workspace)).toEqual([]);
    const leases = await Promise.all(Array.from({ length: 8 }, () => ask(health).lease()));
    await Promise.all(leases.map((lease) => lease.succeeded()));
    expect(readdirSync(join(workspace, '.oompa'))).toEqual(['health.json']);
    expect(read(workspace)).toEqual({ version: 1, agents: {}, uses: [] });
  });

  it('may be removed by hand to forget all limits', async () => {
    const workspace = newWorkspace();
    const { health } = openRun(workspace);
    await (await ask(health).lease()).failed(failure('auth'));
    rmSync(fileIn(workspace));
    expect(await health.look(claude)).toEqual({ kind: 'open' });
  });

  it('holds agents of any name', async () => {
    const workspace = newWorkspace();
    const { health } = openRun(workspace);
    for (const key of ['constructor', 'toString', 'a "b" c']) {
      const agent = { key, harness: key };
      expect(await health.look(agent)).toEqual({ kind: 'open' });
      await (await ask(health, agent).lease()).failed(failure('auth'));
      expect(await openRun(workspace, { run: key }).health.look(agent)).toMatchObject({ kind: 'cooling' });
    }
  });
});
