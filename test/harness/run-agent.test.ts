import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claude } from '../../src/harness/claude.ts';
import { customHarness, type DeclaredHarness } from '../../src/harness/custom.ts';
import type { Harness, TurnRequest } from '../../src/harness/harness.ts';
import { opencode } from '../../src/harness/opencode.ts';
import { runAgent, type AgentJob } from '../../src/harness/run-agent.ts';
import { startFakeAgents, type FakeAgents } from '../rig/fake-agent.ts';
import { opencodeAnswer, stepFinish, stepStart, textLine, toolLine } from '../rig/opencode-lines.ts';

let agents: FakeAgents;
let folder: string;
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-turn-')));
  mkdirSync(join(folder, 'worktree'));
  agents = await startFakeAgents();
});
afterEach(async () => {
  await agents.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a turn', () => {
  it('brings the final message, the session and what it used', async () => {
    const turn = runAgent(job());
    const agent = await agents.next();
    await agent.answer('All done.\nCOMPLETE_AND_READY_FOR_MERGE');
    expect(await turn).toMatchObject({
      ending: { kind: 'answered', message: 'All done.\nCOMPLETE_AND_READY_FOR_MERGE' },
      session: { id: `ses_${agent.pid}` },
      usage: { input: 100, output: 20 },
      exitCode: 0,
    });
  });

  it('hands over a prompt of 300 KB with quotes, newlines and $ byte for byte', async () => {
    const prompt = `"'\`$HOME $(id) \\ é 𝄞\r\n\t`.repeat(12_000);
    expect(Buffer.byteLength(prompt)).toBeGreaterThan(300_000);
    const turn = runAgent(job({ prompt }));
    const agent = await agents.next();
    expect(agent.stdin === prompt).toBe(true);
    await agent.exit(0);
    await turn;
  });

  it('tells the agent by PWD, too, where it is', async () => {
    // Not by way of a shell, which would set it right.
    const { ending } = await runAgent(
      job({}, { harness: text(['printenv', 'PWD']), env: { ...agents.env, PWD: '/elsewhere' } }),
    );
    expect(ending).toEqual({ kind: 'answered', message: join(folder, 'worktree') });
  });

  it('runs in the worktree, with the user’s variables above the adapter’s and nothing of oompa’s own surroundings', async () => {
    const turn = runAgent(job({}, { env: { ...agents.env, OPENCODE_PERMISSION: 'mine' } }));
    const agent = await agents.next();
    expect(agent.cwd).toBe(join(folder, 'worktree'));
    expect(agent.env).toMatchObject({ OPENCODE_PERMISSION: 'mine', OPENCODE_DISABLE_AUTOUPDATE: '1' });
    expect(Object.keys(agent.env)).not.toContain('HOME');
    await agent.exit(0);
    await turn;
  });

  it('writes what the agent prints as it comes, without secrets', async () => {
    const redact = (text: string) => text.replaceAll('hunter2', '[redacted]');
    const said: string[] = [];
    const turn = runAgent(job({}, { redact, onActivity: (line) => said.push(line) }));
    const agent = await agents.next();
    await agent.say(toolLine('s', 'echo hunter2'));
    await agent.stderr('a warning about hunter2\n');
    await expect.poll(() => transcript('stdout')).toContain('echo [redacted]');
    await expect.poll(() => transcript('stderr')).toBe('a warning about [redacted]\n');
    await agent.exit(1);
    expect(await turn).toMatchObject({
      ending: { kind: 'failed', failure: { kind: 'crashed', detail: 'a warning about [redacted]' } },
    });
    expect(transcript('stdout')).not.toContain('hunter2');
    expect(said).toEqual(['bash echo [redacted]']);
  });

  it('goes on when its transcript can’t be written', async () => {
    const gone = join(folder, 'no', 'such', 'folder');
    const turn = runAgent(job({}, { transcript: { stdout: gone, stderr: gone } }));
    await (await agents.next()).answer('fine');
    expect(await turn).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
  });

  it('makes something of bytes that are no text, and of a line that has no end', async () => {
    const turn = runAgent(job());
    const agent = await agents.next();
    await agent.write(Buffer.from([0xff, 0xfe, 0x0a]));
    const lines = opencodeAnswer('s', 'fine');
    await agent.write(Buffer.from(lines.join('\n')));
    await agent.exit(0);
    expect(await turn).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
    expect(transcript('stdout').startsWith('\ufffd\ufffd\n')).toBe(true);
  });

  it('survives 50 MB without a newline', async () => {
    const printing = text(['sh', '-c', 'head -c 50000000 /dev/zero | tr "\\0" x; echo; echo done']);
    const { ending } = await runAgent(job({}, { harness: printing }));
    expect(ending.kind === 'answered' && ending.message.endsWith('bytes of this line were cut]\ndone')).toBe(true);
  });

  it('survives an agent that does not read its prompt', async () => {
    const { ending } = await runAgent(
      job({ prompt: 'x'.repeat(1_000_000) }, { harness: text(['sh', '-c', 'exit 3']) }),
    );
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'crashed' } });
  });
});

describe('a turn that can’t be started', () => {
  it('because the program is not there', async () => {
    const { ending } = await runAgent(job({ settings: { binary: 'no-such-agent' } }));
    expect(ending).toEqual({
      kind: 'failed',
      failure: { kind: 'not-installed', detail: 'no-such-agent was not found' },
    });
  });

  it('because the worktree is not there', async () => {
    const { ending } = await runAgent(job({ cwd: join(folder, 'gone') }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'spawn-failed', detail: 'the worktree is gone' } });
  });

  it('because the prompt is too long for an argument', async () => {
    const harness = text(['true'], { prompt: 'argument' });
    const { ending } = await runAgent(job({ prompt: 'x'.repeat(200_000) }, { harness }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'spawn-failed' } });
  });

  it('because oompa is being stopped already', async () => {
    const { ending } = await runAgent(job({}, { signal: AbortSignal.abort() }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'stopped' } });
  });
});

describe('a turn that oompa ends', () => {
  it('at the time limit', async () => {
    const { ending } = await runAgent(job({}, { limits: { ...limits, timeoutMs: 50 } }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'timeout' } });
  });

  it('when there is nothing but talk of another try', async () => {
    const turn = runAgent(job({}, { harness: claude, limits: { ...limits, silenceMs: 1500 } }));
    const agent = await agents.next();
    const seen = { gone: false };
    void agent.gone.then(() => (seen.gone = true));
    while (!seen.gone) await agent.stderr('Attempt 1 failed with status 429. Retrying…\n');
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'rate-limited' } });
  });

  it('when opencode asks a model that breaks off over and over', async () => {
    const turn = runAgent(job());
    const agent = await agents.next();
    const round = [stepStart('s'), textLine('s', 'I will'), stepFinish('s', 'unknown')].join('\n');
    await Promise.race([agent.write(Buffer.from(`${round}\n`.repeat(200))), agent.gone]);
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'network' } });
  });

  it('when it prints without measure', async () => {
    const harness = text(['sh', '-c', 'yes']);
    const { ending } = await runAgent(job({}, { harness, limits: { ...limits, outputBytes: 100_000 } }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'output-too-large' } });
    expect(transcript('stdout').length).toBeLessThanOrEqual(100_100);
  });

  it('at once when oompa is stopped, by force when the agent does not listen', async () => {
    const stop = new AbortController();
    const turn = runAgent(job({}, { signal: stop.signal, graceMs: 200 }));
    const agent = await agents.next();
    await agent.ignoreSigterm();
    const [grouped, apart] = [await agent.linger({ stubborn: true }), await agent.linger({ ownSession: true })];
    await agent.say(stepStart('ses_1'));
    await expect.poll(() => transcript('stdout')).toContain('ses_1');
    stop.abort();
    expect(await turn).toMatchObject({
      ending: { kind: 'failed', failure: { kind: 'stopped' } },
      session: { id: 'ses_1' },
      signal: 'SIGKILL',
    });
    await Promise.all([agent.gone, grouped.gone, apart.gone]);
  });
});

describe('no process outlives its turn (P7)', () => {
  it.each([
    ['in the agent’s group', {}],
    ['that holds the output open', { holdsOutput: true }],
    ['in a session of its own', { ownSession: true, holdsOutput: true }],
    ['that does not listen', { ownSession: true, stubborn: true }],
    ['that has dropped its mark, but not its group', { unmarked: true, stubborn: true }],
  ])('also after a clean exit: a server %s', async (_which, options) => {
    const turn = runAgent(job({}, { graceMs: 200 }));
    const agent = await agents.next();
    const server = await agent.linger(options);
    await agent.answer('fine');
    expect(await turn).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
    await server.gone;
  });

  it('and no turn touches what belongs to another, or waits for what it may not touch', async () => {
    const first = runAgent(job());
    const one = await agents.next();
    const second = runAgent(job());
    const two = await agents.next();
    const others = await two.linger({ ownSession: true });
    const stranger = await one.linger({ ownSession: true, unmarked: true, holdsOutput: true });
    await one.answer('fine');
    expect(await first).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
    expect([others.isAlive(), stranger.isAlive()]).toEqual([true, true]);
    await two.answer('fine');
    await second;
    await others.gone;
  });
});

const limits = { timeoutMs: 120_000, silenceMs: 120_000, outputBytes: 100_000_000 };

function job(request: Partial<TurnRequest> = {}, more: Partial<AgentJob> = {}): AgentJob {
  return {
    harness: opencode,
    request: {
      prompt: 'Do it.',
      cwd: join(folder, 'worktree'),
      newSessionId: '00000000-0000-4000-8000-000000000001',
      root: false,
      settings: {},
      promptFile: join(folder, 'prompt.md'),
      ...request,
    },
    limits,
    env: agents.env,
    transcript: { stdout: join(folder, 'stdout'), stderr: join(folder, 'stderr') },
    signal: new AbortController().signal,
    redact: (line) => line,
    ...more,
  };
}

function text(command: readonly string[], more: Partial<DeclaredHarness> = {}): Harness {
  return customHarness('mine', { command, prompt: 'stdin', output: 'text', ...more });
}

function transcript(stream: 'stdout' | 'stderr'): string {
  return readFileSync(join(folder, stream), 'utf8');
}
