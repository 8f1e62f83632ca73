import { describe, expect, test } from 'vitest';
import type { FakeAgent } from '../rig/fake-agent.ts';
import { errorLine, stepFinish, stepStart } from '../rig/opencode-lines.ts';
import type { World } from '../rig/world.ts';
import { open, ready } from './open.ts';

/*
 * How often each CLI is really started, for every kind of failure: counted by processes, not by what was decided.
 */

const quick = 'retry: { backoff: [1ms, 1ms] }\nlimits: { attempts: 1 }\n';
const judged = `reviewer: { harness: judge, max_rounds: 2, fallback: [{ harness: spare }] }
harnesses:
  judge: { command: [my-agent, --first], prompt: stdin, output: text }
  spare: { command: [my-agent, --second], prompt: stdin, output: text }
`;

type Play = (agent: FakeAgent) => Promise<void>;

/** Lets every agent that comes do the same, or what `play` says for its turn, and gives the programs in order of their starts. */
function serve(world: World, play: (agent: FakeAgent, number: number) => Promise<void>): string[] {
  const calls: string[] = [];
  const loop = async (): Promise<void> => {
    for (;;) {
      const agent = await world.agents.next();
      calls.push([agent.name, ...agent.argv.filter((word) => /^--(first|second)$/.test(word))].join(' '));
      await play(agent, calls.length);
    }
  };
  // It ends when the world is closed.
  loop().catch(() => undefined);
  return calls;
}

/** The session that it was told to resume. */
function sessionOf({ argv }: FakeAgent): string {
  return argv[argv.indexOf('-s') + 1] ?? 'none';
}

const says =
  (code: number, ...lines: string[]): Play =>
  async (agent) => {
    for (const line of lines) await agent.say(line);
    await agent.exit(code);
  };
const complains =
  (text: string): Play =>
  async (agent) => {
    await agent.stderr(text);
    await agent.exit(1);
  };
const soon = { 'retry-after-ms': '2' };
const claudeResult = (fields: object) =>
  JSON.stringify({ type: 'result', subtype: 'success', session_id: 's', usage: {}, ...fields });
const codexFailed = (message: string) => JSON.stringify({ type: 'turn.failed', error: { message } });

describe('a worker is started', () => {
  test.each<[string, string, number, Play]>([
    ['opencode', 'auth', 1, says(1, errorLine('ses_1', 401, 'Invalid API key'))],
    ['opencode', 'quota', 1, says(1, errorLine('ses_1', 429, 'You exceeded your current quota'))],
    ['opencode', 'model-unknown', 1, says(1, errorLine('ses_1', 404, 'The model does not exist'))],
    ['opencode', 'rate-limited', 3, says(1, errorLine('ses_1', 429, 'Rate limit reached', soon))],
    ['opencode', 'overloaded', 3, says(1, errorLine('ses_1', 503, 'Overloaded', soon))],
    ['opencode', 'context-full', 2, says(1, errorLine('ses_1', 400, 'maximum context length is 200000 tokens'))],
    ['opencode', 'no-output', 2, says(0)],
    ['opencode', 'no-final-message', 2, says(0, stepStart('ses_1'), stepFinish('ses_1', 'stop'))],
    ['opencode', 'crashed', 2, says(3)],
    ['claude', 'no-output', 1, says(0)],
    ['claude', 'no-final-message', 1, says(0, claudeResult({ is_error: false, result: '' }))],
    ['claude', 'auth', 1, says(1, claudeResult({ is_error: true, api_error_status: 401, result: 'Invalid API key' }))],
    ['claude', 'session-in-use', 2, complains('Error: Session ID 1-2 is already in use.\n')],
    ['codex', 'no-output', 1, says(0)],
    ['codex', 'auth', 1, says(1, codexFailed('unexpected status 401 Unauthorized'))],
    ['codex', 'quota', 1, says(1, codexFailed('Quota exceeded. Check your plan and billing details.'))],
    ['codex', 'crashed', 2, says(3)],
  ])('%s, %s: %i times', async (harness, kind, times, play) => {
    const world = await open({
      config: `workers: [{ name: builders, harness: ${harness} }]\n${quick}`,
      tasks: { a: 'title: A' },
    });
    const calls = serve(world, play);
    const run = world.swarm();
    const { outcome } = await run.seen('iteration:ended');
    run.stop('polite');
    await run.exitCode;
    expect(outcome).toMatchObject({ kind: 'agent-failed', failure: { kind } });
    expect(calls).toEqual(Array.from({ length: times }, () => harness));
    expect(run.all('retry:planned')).toHaveLength(times - 1);
    expect(run.all('retry:succeeded')).toEqual([]);
  });

  test('again after a failure that passes, in the session that it had, and the log tells that this helped', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: opencode }]\n${quick}`,
      tasks: { a: 'title: A' },
    });
    const calls = serve(world, async (agent, number) => {
      if (number === 1) return agent.answer('I go on next time.');
      if (number === 2) return says(1, errorLine(sessionOf(agent), 503, 'Overloaded', soon))(agent);
      expect(agent.argv).toContain('-s');
      await agent.run('echo a > a');
      return agent.answer(ready);
    });
    const run = world.swarm();
    expect(await run.exitCode).toBe(0);
    expect(calls).toHaveLength(3);
    expect(run.all('retry:planned')).toMatchObject([
      { role: 'worker', agent: 'opencode', failure: { kind: 'overloaded' }, try: 2 },
    ]);
    expect(run.all('retry:succeeded')).toMatchObject([{ role: 'worker', agent: 'opencode', try: 2 }]);
    expect(run.all('turn:started').map((event) => [event.turn, event.try])).toEqual([
      [1, undefined],
      [2, undefined],
      [2, 2],
    ]);
  });

  test('never by its fallback as long as it answers, whatever it answers', async () => {
    const config = `workers: [{ name: builders, harness: opencode, fallback: [{ harness: claude }] }]\n${quick}`;
    const world = await open({ config, tasks: { a: 'title: A' } });
    const calls = serve(world, (agent) => agent.answer('NEEDS_FOLLOWUP: it is not clear'));
    expect(await world.swarm().exitCode).toBe(1);
    expect(calls).toEqual(['opencode']);
  });

  test('as far as its policy goes, then its fallback as far as that one goes, and each is told', async () => {
    const config = `workers: [{ name: builders, harness: opencode, fallback: [{ harness: codex }, { harness: opencode }] }]\n${quick}`;
    const world = await open({ config, tasks: { a: 'title: A' } });
    const calls = serve(world, says(0));
    const run = world.swarm();
    expect(await run.exitCode).toBe(1);
    expect(calls).toEqual(['opencode', 'opencode', 'codex']);
    expect(run.all('chain:advanced')).toMatchObject([{ role: 'worker', agent: 'opencode', to: 'codex' }]);
  });
});

describe('a reviewer is asked', () => {
  const config = `workers: [{ name: builders, harness: opencode }]\n${judged}${quick}`;
  /** The worker does its work; the reviewers do what the table says, one call after the other. */
  const judges =
    (...plays: Play[]) =>
    async (agent: FakeAgent) => {
      if (agent.name === 'my-agent') return plays.shift()?.(agent) ?? agent.exit(9);
      await agent.run('echo a >> a');
      return agent.answer(ready);
    };

  test('once for a verdict that can’t be read, then the next one is', async () => {
    const world = await open({ config, tasks: { a: 'title: A' } });
    const calls = serve(world, judges(says(0, 'I think it is fine.'), says(0, 'VERDICT: APPROVED')));
    expect(await world.swarm().exitCode).toBe(0);
    expect(calls).toEqual(['opencode', 'my-agent --first', 'my-agent --second']);
  });

  test('once when it says no: the next one is never asked for another opinion', async () => {
    const world = await open({ config, tasks: { a: 'title: A' } });
    const calls = serve(world, judges(says(0, 'VERDICT: REJECTED'), says(0, 'VERDICT: APPROVED')));
    expect(await world.swarm().exitCode).toBe(1);
    expect(calls).toEqual(['opencode', 'my-agent --first']);
  });

  test('again after a crash, then the next one is; when nobody could judge, nothing is approved', async () => {
    const world = await open({ config, tasks: { a: 'title: A' } });
    const calls = serve(world, judges(says(3), says(3), says(3), says(3)));
    const run = world.swarm();
    expect(await run.exitCode).toBe(1);
    expect(calls).toEqual([
      'opencode',
      ...Array<string>(2).fill('my-agent --first'),
      ...Array<string>(2).fill('my-agent --second'),
    ]);
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ kind: 'review-unavailable' });
    expect(run.all('review:ended').map(({ failure }) => failure?.kind)).toEqual(Array(4).fill('crashed'));
  });
});
