import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claude } from '../../src/harness/claude.ts';
import { runAgent } from '../../src/harness/run-agent.ts';
import { opencodeAnswer, stepFinish, stepStart, textLine, toolLine } from '../rig/opencode-lines.ts';
import { limits, openTurns, program, type Turns } from './turns.ts';

let turns: Turns;
beforeEach(async () => {
  turns = await openTurns();
});
afterEach(async () => {
  await turns.close();
});

describe('a turn', () => {
  it('brings the final message, the session and what it used', async () => {
    const turn = runAgent(turns.job());
    const agent = await turns.agents.next();
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
    const turn = runAgent(turns.job({ prompt }));
    const agent = await turns.agents.next();
    expect(agent.stdin === prompt).toBe(true);
    await agent.exit(0);
    await turn;
  });

  it('tells the agent by PWD, too, where it is', async () => {
    // Not by way of a shell, which would set it right.
    const { ending } = await runAgent(
      turns.job({}, { harness: program(['printenv', 'PWD']), env: { ...turns.agents.env, PWD: '/elsewhere' } }),
    );
    expect(ending).toEqual({ kind: 'answered', message: turns.worktree });
  });

  it('runs in the worktree, with the user’s variables above the adapter’s and nothing of oompa’s own surroundings', async () => {
    const turn = runAgent(turns.job({}, { env: { ...turns.agents.env, OPENCODE_PERMISSION: 'mine' } }));
    const agent = await turns.agents.next();
    expect(agent.cwd).toBe(turns.worktree);
    expect(agent.env).toMatchObject({ OPENCODE_PERMISSION: 'mine', OPENCODE_DISABLE_AUTOUPDATE: '1' });
    expect(Object.keys(agent.env)).not.toContain('HOME');
    await agent.exit(0);
    await turn;
  });

  it('writes what the agent prints as it comes, without secrets', async () => {
    const redact = (text: string) => text.replaceAll('hunter2', '[redacted]');
    const said: string[] = [];
    const turn = runAgent(turns.job({}, { redact, onActivity: (line) => said.push(line) }));
    const agent = await turns.agents.next();
    await agent.say(toolLine('s', 'echo hunter2'));
    await agent.stderr('a warning about hunter2\n');
    await expect.poll(() => turns.transcript('stdout')).toContain('echo [redacted]');
    await expect.poll(() => turns.transcript('stderr')).toBe('a warning about [redacted]\n');
    await agent.exit(1);
    expect(await turn).toMatchObject({
      ending: { kind: 'failed', failure: { kind: 'crashed', detail: 'a warning about [redacted]' } },
    });
    expect(turns.transcript('stdout')).not.toContain('hunter2');
    expect(said).toEqual(['bash echo [redacted]']);
  });

  it('goes on when its transcript can’t be written', async () => {
    const gone = join(turns.folder, 'no', 'such', 'folder');
    const turn = runAgent(turns.job({}, { transcript: { stdout: gone, stderr: gone } }));
    await (await turns.agents.next()).answer('fine');
    expect(await turn).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
  });

  it('makes something of bytes that are no text, and of a line that has no end', async () => {
    const turn = runAgent(turns.job());
    const agent = await turns.agents.next();
    await agent.write(Buffer.from([0xff, 0xfe, 0x0a]));
    const lines = opencodeAnswer('s', 'fine');
    await agent.write(Buffer.from(lines.join('\n')));
    await agent.exit(0);
    expect(await turn).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
    expect(turns.transcript('stdout').startsWith('\ufffd\ufffd\n')).toBe(true);
  });

  it('survives 50 MB without a newline', async () => {
    const printing = program(['sh', '-c', 'head -c 50000000 /dev/zero | tr "\\0" x; echo; echo done']);
    const { ending } = await runAgent(turns.job({}, { harness: printing }));
    expect(ending.kind === 'answered' && ending.message.endsWith('bytes of this line were cut]\ndone')).toBe(true);
  });

  it('survives an agent that does not read its prompt', async () => {
    const { ending } = await runAgent(
      turns.job({ prompt: 'x'.repeat(1_000_000) }, { harness: program(['sh', '-c', 'exit 3']) }),
    );
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'crashed' } });
  });
});

describe('a turn that can’t be started', () => {
  it('because the program is not there', async () => {
    const { ending } = await runAgent(turns.job({ settings: { binary: 'no-such-agent' } }));
    expect(ending).toEqual({
      kind: 'failed',
      failure: { kind: 'not-installed', detail: 'no-such-agent was not found' },
    });
  });

  it('because the worktree is not there', async () => {
    const { ending } = await runAgent(turns.job({ cwd: join(turns.folder, 'gone') }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'spawn-failed', detail: 'the worktree is gone' } });
  });

  it('because the prompt is too long for an argument', async () => {
    const harness = program(['true'], { prompt: 'argument' });
    const { ending } = await runAgent(turns.job({ prompt: 'x'.repeat(200_000) }, { harness }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'spawn-failed' } });
  });

  it('because oompa is being stopped already', async () => {
    const { ending } = await runAgent(turns.job({}, { signal: AbortSignal.abort() }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'stopped' } });
  });
});

describe('a turn that oompa ends', () => {
  it('at the time limit', async () => {
    const { ending } = await runAgent(turns.job({}, { limits: { ...limits, timeoutMs: 50 } }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'timeout' } });
  });

  it('when there is nothing but talk of another try', async () => {
    const turn = runAgent(turns.job({}, { harness: claude, limits: { ...limits, silenceMs: 1500 } }));
    const agent = await turns.agents.next();
    const seen = { gone: false };
    void agent.gone.then(() => (seen.gone = true));
    while (!seen.gone) await agent.stderr('Attempt 1 failed with status 429. Retrying…\n');
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'rate-limited' } });
  });

  it('when opencode asks a model that breaks off over and over', async () => {
    const turn = runAgent(turns.job());
    const agent = await turns.agents.next();
    const round = [stepStart('s'), textLine('s', 'I will'), stepFinish('s', 'unknown')].join('\n');
    await Promise.race([agent.write(Buffer.from(`${round}\n`.repeat(200))), agent.gone]);
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'network' } });
  });

  it('when it prints without measure', async () => {
    const harness = program(['sh', '-c', 'yes']);
    const { ending } = await runAgent(turns.job({}, { harness, limits: { ...limits, outputBytes: 100_000 } }));
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'output-too-large' } });
    expect(turns.transcript('stdout').length).toBeLessThanOrEqual(100_100);
  });

  it('at once when oompa is stopped, by force when the agent does not listen', async () => {
    const stop = new AbortController();
    const turn = runAgent(turns.job({}, { signal: stop.signal, graceMs: 200 }));
    const agent = await turns.agents.next();
    await agent.ignoreSigterm();
    const [grouped, apart] = [await agent.linger({ stubborn: true }), await agent.linger({ ownSession: true })];
    await agent.say(stepStart('ses_1'));
    await expect.poll(() => turns.transcript('stdout')).toContain('ses_1');
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
    const turn = runAgent(turns.job({}, { graceMs: 200 }));
    const agent = await turns.agents.next();
    const server = await agent.linger(options);
    await agent.answer('fine');
    expect(await turn).toMatchObject({ ending: { kind: 'answered', message: 'fine' } });
    await server.gone;
  });

  it('and no turn touches what belongs to another, or waits for what it may not touch', async () => {
    const first = runAgent(turns.job());
    const one = await turns.agents.next();
    const second = runAgent(turns.job());
    const two = await turns.agents.next();
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
