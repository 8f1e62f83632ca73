import { readdirSync } from 'node:fs';
import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Usage } from '../../src/core/usage.ts';
import { claude } from '../../src/harness/claude.ts';
import { codex } from '../../src/harness/codex.ts';
import { runAgent } from '../../src/harness/run-agent.ts';
import type { TurnEnding } from '../../src/harness/turn.ts';
import type { TurnWarning } from '../../src/harness/watch.ts';
import { errorLine, opencodeAnswer, stepFinish, stepStart, textLine, toolLine } from '../rig/opencode-lines.ts';
import { keepChanging } from '../rig/keep-changing.ts';
import { limits, openTurns, program, type Turns } from './turns.ts';

let turns: Turns;
beforeEach(async () => {
  turns = await openTurns();
});
afterEach(async () => {
  await turns.close();
});

describe('a silent agent', () => {
  it('is left alone while files in its worktree change', async () => {
    const warnings: TurnWarning[] = [];
    const building = keepChanging(turns.worktree);
    const turn = runAgent(
      turns.job({}, { limits: { ...limits, silenceMs: 500 }, onWarning: (warning) => warnings.push(warning) }),
    );
    const agent = await turns.agents.next();
    await delay(1500);
    await agent.answer('built');
    building.end();
    expect((await turn).ending).toEqual({ kind: 'answered', message: 'built' });
    expect(warnings).toEqual([]);
  });

  it('is ended however busy its processor is, after a warning', async () => {
    const warnings: TurnWarning[] = [];
    const harness = program(['sh', '-c', 'while :; do :; done']);
    const job = {
      harness,
      limits: { ...limits, silenceMs: 300 },
      onWarning: (each: TurnWarning) => warnings.push(each),
    };
    expect((await runAgent(turns.job({}, job))).ending).toMatchObject({ kind: 'failed', failure: { kind: 'silent' } });
    expect(warnings.map(({ kind }) => kind)).toEqual(['silent']);
    expect(warnings[0]!.leftMs).toBeLessThanOrEqual(60);
  });

  it('is warned of the time limit, too', async () => {
    const warnings: TurnWarning[] = [];
    const harness = program(['sleep', '300']);
    const job = {
      harness,
      limits: { ...limits, timeoutMs: 200 },
      onWarning: (each: TurnWarning) => warnings.push(each),
    };
    expect((await runAgent(turns.job({}, job))).ending).toMatchObject({ kind: 'failed', failure: { kind: 'timeout' } });
    expect(warnings).toEqual([{ kind: 'timeout', leftMs: 40 }]);
  });

  it('is ended with the tool that it waits for', async () => {
    const building = keepChanging(turns.worktree);
    const turn = runAgent(turns.job({}, { limits: { ...limits, silenceMs: 500 }, graceMs: 200 }));
    const agent = await turns.agents.next();
    const tool = await agent.linger({ ownSession: true, holdsOutput: true, stubborn: true });
    building.end();
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'silent' } });
    await Promise.all([agent.gone, tool.gone]);
  });
});

describe('an agent that has finished and does not exit', () => {
  it('is ended with all that it has started, and its work counts', async () => {
    const turn = runAgent(turns.job({}, { limits: { ...limits, exitGraceMs: 50 } }));
    const agent = await turns.agents.next();
    const server = await agent.linger({ ownSession: true });
    for (const line of opencodeAnswer('ses_1', 'All done.')) await agent.say(line);
    expect(await turn).toMatchObject({
      ending: { kind: 'answered', message: 'All done.', recovered: true },
      session: { id: 'ses_1' },
      usage: { input: 100, output: 20 },
      signal: 'SIGTERM',
    });
    await Promise.all([agent.gone, server.gone]);
  });

  it('is not touched when it exits in time', async () => {
    const turn = runAgent(turns.job({}, { limits: { ...limits, exitGraceMs: 60_000 } }));
    const agent = await turns.agents.next();
    await agent.answer('All done.');
    expect((await turn).ending).toEqual({ kind: 'answered', message: 'All done.' });
  });

  it.each([
    ['when it goes on after all', [...opencodeAnswer('s', 'Done?'), stepStart('s')]],
    ['with a blank message', opencodeAnswer('s', ' ')],
    ['after a failure', [...opencodeAnswer('s', 'Done.'), errorLine('s', 500, 'no')]],
  ])('has not finished %s', async (_when, lines) => {
    const { ending } = await runAgent(
      turns.job({}, { harness: printing(lines), limits: { ...limits, exitGraceMs: 1, silenceMs: 500 } }),
    );
    expect(ending.kind).toBe('failed');
  });

  it('can’t be told from one that goes on when it prints plain text', async () => {
    const harness = program(['sh', '-c', 'echo All done.; sleep 300']);
    const { ending } = await runAgent(
      turns.job({}, { harness, limits: { ...limits, exitGraceMs: 10, silenceMs: 500 } }),
    );
    expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'silent' } });
  });

  it.each(['signal', 'overBudget'] as const)('keeps its work when %s ends it first', async (which) => {
    const stop = new AbortController();
    const turn = runAgent(turns.job({}, { [which]: stop.signal }));
    const agent = await turns.agents.next();
    for (const line of opencodeAnswer('s', 'All done.')) await agent.say(line);
    await expect.poll(() => turns.transcript('stdout')).toContain('step_finish');
    stop.abort();
    expect((await turn).ending).toEqual({ kind: 'answered', message: 'All done.', recovered: true });
  });

  it.each(['silenceMs', 'timeoutMs'] as const)('keeps its work when %s ends it first', async (limit) => {
    const harness = printing(opencodeAnswer('s', 'All done.'));
    let ending: TurnEnding;
    // On a busy machine the limit may be reached before the agent has said it.
    for (let ms = 500; ; ms *= 2) {
      ({ ending } = await runAgent(turns.job({}, { harness, limits: { ...limits, [limit]: ms } })));
      if (ms > 16_000 || turns.transcript('stdout').includes('step_finish')) break;
    }
    expect(ending).toEqual({ kind: 'answered', message: 'All done.', recovered: true });
  });

  it('has done nothing that counts in another session than the one to be resumed', async () => {
    const turn = runAgent(
      turns.job(
        { session: { id: 'mine', totals: { input: 0, output: 0 } } },
        { harness: codex, limits: { ...limits, exitGraceMs: 50 } },
      ),
    );
    const agent = await turns.agents.next();
    await agent.say(JSON.stringify({ type: 'thread.started', thread_id: 'another' }));
    for (const line of codexAnswer(100)) await agent.say(line);
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'session-gone' } });
  });
});

describe('a failure that is certain', () => {
  it('ends the turn at once, whatever the CLI still tries', async () => {
    const turn = runAgent(turns.job({}, { harness: claude }));
    const agent = await turns.agents.next();
    for (let attempt = 1; attempt <= 10; attempt++) await agent.say(claudeRetry(attempt, 401, 'authentication_failed'));
    await agent.gone;
    expect((await turn).ending).toMatchObject({ kind: 'failed', failure: { kind: 'auth' } });
  });

  it('is not one that passes', async () => {
    const turn = runAgent(turns.job());
    const agent = await turns.agents.next();
    await agent.say(errorLine('s', 429, 'Rate limit reached for requests'));
    await agent.answer('fine');
    expect((await turn).ending).toEqual({ kind: 'answered', message: 'fine' });
  });
});

describe('the budget of a turn', () => {
  it('is asked with what the turn has used whenever that grew, and ends it when it is used up', async () => {
    const asked: Usage[] = [];
    const budget = (usage: Usage) => asked.push(usage) === 2;
    const turn = runAgent(turns.job({}, { limits: { ...limits, budget } }));
    const agent = await turns.agents.next();
    for (const line of [stepFinish('s', 'tool-calls'), toolLine('s', 'true'), stepFinish('s', 'tool-calls')]) {
      await agent.say(line);
    }
    await agent.gone;
    expect(await turn).toMatchObject({
      ending: { kind: 'failed', failure: { kind: 'over-budget' } },
      usage: { input: 200, output: 40 },
      session: { id: 's' },
    });
    expect(asked).toMatchObject([
      { input: 100, output: 20 },
      { input: 200, output: 40 },
    ]);
  });

  it('does not count what the session has used before', async () => {
    const asked: Usage[] = [];
    const budget = (usage: Usage) => asked.push(usage) < 0;
    const turn = runAgent(
      turns.job(
        { session: { id: 'thread', totals: { input: 500, output: 50 } } },
        { harness: codex, limits: { ...limits, budget } },
      ),
    );
    const agent = await turns.agents.next();
    // A turn without a message: it is not complete when its usage is told.
    await agent.say(JSON.stringify({ type: 'turn.completed', usage: { input_tokens: 700, output_tokens: 60 } }));
    await agent.exit(0);
    await turn;
    expect(asked).toMatchObject([{ input: 200, output: 10 }]);
  });

  it('does not end an agent that is complete', async () => {
    const turn = runAgent(turns.job({}, { limits: { ...limits, budget: () => true } }));
    await (await turns.agents.next()).answer('fine');
    expect((await turn).ending).toEqual({ kind: 'answered', message: 'fine' });
  });

  it('can be ended from outside, while the turn runs and before it', async () => {
    const cap = new AbortController();
    const turn = runAgent(turns.job({}, { overBudget: cap.signal }));
    const agent = await turns.agents.next();
    await agent.say(textLine('s', 'I begin.'));
    cap.abort();
    await agent.gone;
    const overBudget = { kind: 'failed', failure: { kind: 'over-budget' } };
    expect((await turn).ending).toMatchObject(overBudget);
    expect((await runAgent(turns.job({}, { overBudget: cap.signal }))).ending).toMatchObject(overBudget);
  });
});

describe('fifty turns', () => {
  it('leave no handle, timer or listener behind', async () => {
    const answer = opencodeAnswer('s', 'All done.');
    const [stop, cap] = [new AbortController(), new AbortController()];
    const [exits, stays] = [printing(answer, 'exit'), printing(answer)];
    const failed = new Set<string>();
    const turn = async (harness: typeof exits): Promise<void> => {
      const job = { harness, signal: stop.signal, overBudget: cap.signal, limits: { ...limits, exitGraceMs: 1 } };
      const { ending } = await runAgent(turns.job({}, job));
      if (ending.kind === 'failed') failed.add(ending.failure.detail);
    };
    // What is opened once for all.
    await Promise.all([turn(exits), turn(stays)]);
    const before = held();
    for (let round = 0; round < 10; round++) {
      await Promise.all([turn(exits), turn(exits), turn(exits), turn(stays), turn(stays)]);
    }
    const after = held();
    for (const each of keysOf(before)) expect(after[each], each).toBeLessThanOrEqual(before[each]);
    expect([stop, cap].flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
    expect([...failed]).toEqual([]);
  });
});

/** What this process holds open; file handles where there is a /proc. */
function held() {
  const resources = process.getActiveResourcesInfo();
  return {
    timers: resources.filter((each) => each === 'Timeout').length,
    processes: resources.filter((each) => each === 'ProcessWrap').length,
    pipes: resources.filter((each) => each === 'PipeWrap').length,
    handles: handlesIn('/proc/self/fd'),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

function handlesIn(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

function keysOf<T extends object>(object: T): (keyof T & string)[] {
  return Object.keys(object) as (keyof T & string)[];
}

/** A program that prints what opencode would, and then stays or exits. */
function printing(lines: readonly string[], then: 'stay' | 'exit' = 'stay') {
  const script = `printf '%s\\n' "$@"${then === 'stay' ? '; exec sleep 300' : ''}`;
  return program(['sh', '-c', script, 'sh', ...lines], { output: 'opencode' });
}

function codexAnswer(tokens: number): string[] {
  return [
    { type: 'item.completed', item: { id: 'item_1', type: 'agent_message', text: 'All done.' } },
    { type: 'turn.completed', usage: { input_tokens: tokens, output_tokens: tokens } },
  ].map((event) => JSON.stringify(event));
}

function claudeRetry(attempt: number, status: number, error: string): string {
  const retry = { attempt, max_retries: 10, retry_delay_ms: 561, error_status: status, error };
  return JSON.stringify({ type: 'system', subtype: 'api_retry', ...retry, session_id: 'session' });
}
