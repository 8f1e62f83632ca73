import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished, describe, expect, it } from 'vitest';
import { doctor } from '../../../src/commands/doctor.ts';
import type { DoctorOptions } from '../../../src/commands/doctor.ts';
import type { Diagnosis } from '../../../src/ui/doctor.ts';
import { startFakeAgents } from '../../rig/fake-agent.ts';
import type { FakeAgent } from '../../rig/fake-agent.ts';
import { errorLine, opencodeAnswer } from '../../rig/opencode-lines.ts';
import { git, temporaryFolder, temporaryRepository, testIo } from '../temporary.ts';
import { printing, probed } from './probed.ts';

describe('oompa doctor --probe', () => {
  it('says what it costs, and then what each agent of the config answered, aligned', async () => {
    const root = temporaryRepository({
      'oompa.config.yaml': [
        'planner: {harness: opencode, model: a/large}',
        'workers:',
        '  - {name: one, harness: opencode, model: a/small, fallback: [{harness: opencode, model: a/spare}]}',
        '  - {name: two, harness: opencode, model: a/small, reviewer: {harness: opencode, model: a/large, effort: high}}',
      ].join('\n'),
    });
    const { code, stdout } = await probed(root, { opencode: printing(opencodeAnswer('ses_1', 'Ready.')) });
    const lines = stdout.replaceAll(/\d+(\.\d)? s/g, 'T s').split('\n');
    expect(lines[0]).toBe('Asks 4 agents for one word each, within T s. This calls their models and costs a little.');
    expect(lines.slice(-6)).toEqual([
      '  ok    opencode a/large        answered in T s · 120 tokens',
      '  ok    opencode a/small        answered in T s · 120 tokens',
      '  ok    opencode a/spare        answered in T s · 120 tokens',
      '  ok    opencode a/large, high  answered in T s · 120 tokens',
      expect.stringMatching(/Start with: oompa swarm$/),
      '',
    ]);
    expect(stdout).not.toContain('no credentials seen');
    expect(code).toBe(0);
  });

  it('asks each in a small repository of its own, with the settings of the config, and leaves nothing', async () => {
    const seen = temporaryFolder();
    const root = temporaryRepository({
      'oompa.config.yaml':
        'workers: [{name: a, harness: opencode}]\nharnesses: {opencode: {args: [--pure], env: {MINE: "1"}}}\n',
      'opencode.json': '{"share": "disabled"}\n',
    });
    const look = `pwd > ${seen}/cwd; git log --oneline > ${seen}/log; cp opencode.json ${seen}; echo "$@ $MINE $TMPDIR" > ${seen}/args`;
    const { code } = await probed(root, { opencode: `${look}\n${printing(opencodeAnswer('s', 'ready'))}` });
    expect(code).toBe(0);
    const cwd = read(seen, 'cwd');
    expect(cwd).not.toContain(root);
    expect(read(seen, 'log')).toMatch(/^\w+ A probe$/);
    expect(read(seen, 'opencode.json')).toContain('disabled');
    expect(read(seen, 'args')).toContain(`--dir ${cwd} `);
    expect(read(seen, 'args')).toContain(` --pure 1 ${join(dirname(cwd), 'tmp')}`);
    expect(existsSync(dirname(cwd))).toBe(false);
    expect(git(root, 'status', '--short', '--ignored')).toBe('');
  });

  it('asks opencode through the server that a run would take, or says that this one can’t be reached', async () => {
    const seen = temporaryFolder();
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: opencode}]\n' });
    const server = createServer((_request, response) => response.end('{"healthy":true}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const scripts = { opencode: `echo "$@ $no_proxy" > ${seen}/args\n${printing(opencodeAnswer('s', 'ready'))}` };
    const there = await probed(root, scripts, {}, { OOMPA_OPENCODE_ATTACH: url });
    expect(there.stdout).not.toContain('no credentials seen');
    expect(read(seen, 'args')).toMatch(new RegExp(` --attach ${url} .*127\\.0\\.0\\.1$`));
    expect(there.code).toBe(0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(join(seen, 'args'));
    const gone = await probed(root, scripts, { json: true }, { OOMPA_OPENCODE_ATTACH: url });
    expect((JSON.parse(gone.stdout) as Diagnosis).probes).toMatchObject([
      { result: { kind: 'failed', failure: { kind: 'attach-unreachable' } } },
    ]);
    expect(gone.stdout).toContain('or do without OOMPA_OPENCODE_ATTACH');
    expect(existsSync(join(seen, 'args'))).toBe(false);
  });

  it('warns of an agent that has told no cost, which a budget of money would have to count', async () => {
    const answer = printing(opencodeAnswer('s', 'ready'));
    const stdoutOf = async (more: string) => {
      const config = `workers: [{name: a, harness: opencode, model: acme/b}]\n${more}`;
      const root = temporaryRepository({ 'oompa.config.yaml': config });
      return (await probed(root, { opencode: answer })).stdout.replaceAll(/\s+/g, ' ');
    };
    const warning = "warn `max_cost_usd` can't count opencode acme/b: it reports tokens only; add it under `prices`";
    expect(await stdoutOf('limits: {max_cost_usd: 5}\n')).toContain(warning);
    expect(await stdoutOf('limits: {max_cost_usd: 5}\nprices: {b: {input: 1, output: 1}}\n')).not.toContain(warning);
    const tooLarge = await stdoutOf('limits: {max_tokens: 5, turn: {max_tokens: 6}}\n');
    expect(tooLarge).not.toContain(warning);
    expect(tooLarge).toContain('fail `limits.turn.max_tokens` is more than `limits.max_tokens`: no turn could begin');
  });

  it('names the kind of a failure, what the CLI said and the remedy, without secrets', async () => {
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: opencode, model: a/b}]\n' });
    const script = printing([errorLine('s', 401, 'Incorrect API key provided: very-secret-1')], 1);
    const { code, stdout } = await probed(root, { opencode: script }, {}, { ANTHROPIC_API_KEY: 'very-secret-1' });
    expect(code).toBe(1);
    expect(stdout).toContain('  fail  opencode a/b  opencode is not logged in, or its key was refused:\n');
    expect(stdout).toContain('Incorrect API key provided: [redacted]\n');
    expect(stdout).not.toContain('very-secret-1');
    expect(stdout).toMatch(/\n {22}log in/);
    expect(stdout).toMatch(/\n1 problem(, \d warnings?)?\. Check again with: oompa doctor --probe\n$/);
  });

  it('ends an agent that does not answer in time, with all that it started', async () => {
    const { agents, ended, printed } = await probing(1, { timeout: '2s' });
    const agent = await agents.next();
    await agent.ignoreSigterm();
    const left = await agent.linger({ ownSession: true, stubborn: true });
    expect(await ended).toBe(1);
    await Promise.all([agent.gone, left.gone]);
    expect(printed.stdout).toContain('within 2 s');
    expect(printed.stdout).toContain('oompa doctor --probe --timeout 5m');
    expect(existsSync(dirname(agent.cwd))).toBe(false);
  });

  it('asks an agent that the config declares, whose files lie in the workspace', async () => {
    const seen = temporaryFolder();
    const root = temporaryRepository({
      'oompa.config.yaml':
        'workers: [{name: a, harness: mine}]\nharnesses: {mine: {command: [sh, tools/agent.sh], prompt: stdin, output: text}}\n',
      'tools/agent.sh': `cat > ${seen}/prompt; echo Hello\n`,
    });
    const { code, stdout } = await probed(root, {});
    expect(stdout).toContain('ok    mine: found at ');
    expect(stdout).toMatch(/ {2}ok {4}mine {2}answered in .* · it said "Hello"\n/);
    expect(read(seen, 'prompt')).toBe('Answer with the one word: ready');
    expect(code).toBe(0);
  });

  it('asks once more where another process had the state of the CLI', async () => {
    const seen = temporaryFolder();
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: opencode}]\n' });
    const locked = `if mkdir ${seen}/asked 2>/dev/null; then echo "database is locked" >&2; exit 1; fi`;
    const script = `${locked}\n${printing(opencodeAnswer('s', 'ready'))}`;
    expect(await probed(root, { opencode: script })).toMatchObject({ code: 0 });
  });

  it('does not ask where the CLI is missing, and asks the others', async () => {
    const root = temporaryRepository({
      'oompa.config.yaml': 'workers: [{name: a, harness: opencode, fallback: [{harness: codex}]}]\n',
    });
    const { code, stdout } = await probed(root, { opencode: printing(opencodeAnswer('s', 'ready')) });
    expect(stdout).toContain('Asks 1 agent for one word, ');
    expect(stdout).toContain('  fail  codex: `codex` is not on PATH');
    expect(stdout).toContain('  ok    opencode  answered in ');
    expect(code).toBe(1);
  });

  it('gives the same as data, and keeps the notice off standard output', async () => {
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: opencode, model: a/b}]\n' });
    const answers = { opencode: printing(opencodeAnswer('s', 'ready')) };
    const { stdout, stderr } = await probed(root, answers, { json: true });
    expect(stderr).toMatch(/^Asks 1 agent/);
    expect((JSON.parse(stdout) as Diagnosis).probes).toEqual([
      {
        ...{ harness: 'opencode', model: 'a/b' },
        result: {
          kind: 'answered',
          said: 'ready',
          ms: expect.any(Number) as number,
          usage: { input: 100, output: 20 },
        },
      },
    ]);
  });

  it('takes --timeout with --probe only, and as a time', async () => {
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: opencode}]\n' });
    for (const options of [{ timeout: '2s' }, { probe: true, timeout: 'soon' }]) {
      const { io, printed } = testIo(root);
      expect(await doctor(options, io)).toBe(2);
      expect(printed.stderr).toBe('--timeout says how long each agent may take: oompa doctor --probe --timeout 90s\n');
    }
  });

  it('asks at most four at a time', async () => {
    const { agents, ended } = await probing(6);
    const four: FakeAgent[] = [];
    for (let n = 0; n < 4; n++) four.push(await agents.next());
    let isGone = false;
    void four[0]?.gone.then(() => (isGone = true));
    const fifth = agents.next().then((agent) => ({ agent, hadRoom: isGone }));
    await four[0]?.answer('ready');
    const { agent, hadRoom } = await fifth;
    expect(hadRoom).toBe(true);
    await agent.answer('ready');
    await (await agents.next()).answer('ready');
    for (const agent of four.slice(1)) await agent.answer('ready');
    expect(await ended).toBe(0);
  });

  it('ends at once on Ctrl-C, and leaves no process and no folder', async () => {
    const { agents, ended, stop, printed } = await probing(2);
    const [one, two] = [await agents.next(), await agents.next()];
    await one.answer('ready');
    const left = await two.linger({ ownSession: true });
    stop();
    expect(await ended).toBe(130);
    await Promise.all([two.gone, left.gone]);
    for (const { cwd } of [one, two]) expect(existsSync(dirname(cwd))).toBe(false);
    expect(printed.stdout).toMatch(/ {2}warn {2}opencode a\/\d {2}stopped before it had answered/);
  });
});

/** A probe of so many agents, which the test answers. */
async function probing(count: number, options: DoctorOptions = {}) {
  const agents = await startFakeAgents(['opencode']);
  onTestFinished(() => agents.close());
  const models = Array.from({ length: count }, (_, n) => `{harness: opencode, model: a/${n}}`);
  const root = temporaryRepository({
    'oompa.config.yaml': `workers: [{name: a, harness: opencode, model: a/0, fallback: [${models.join(', ')}]}]\n`,
  });
  const { io, printed } = testIo(root, { env: agents.env });
  let stop: () => void = () => undefined;
  const ended = doctor({ probe: true, ...options }, { ...io, onStop: (listener) => (stop = () => listener('polite')) });
  // The plain check asks for the version first.
  const version = await agents.next();
  await version.say('1.18.33');
  await version.exit(0);
  return { agents, ended, printed, stop: () => stop() };
}

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8').trim();
}
