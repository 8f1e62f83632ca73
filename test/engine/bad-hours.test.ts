import { describe, expect, test } from 'vitest';
import type { FakeAgent } from '../rig/fake-agent.ts';
import { errorLine } from '../rig/opencode-lines.ts';
import type { World } from '../rig/world.ts';
import { open, ready, work } from './open.ts';

/*
 * Bad hours of providers that have no end of their own: none may keep a run busy for ever, or cost it more than it has to.
 */

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const spare = 'workers: [{ name: builders, harness: opencode, fallback: [{ harness: codex }] }]\n';

/** Lets every agent that comes do the same, and gives the programs in order of their starts. */
function serve(world: World, play: (agent: FakeAgent) => Promise<void>): string[] {
  const calls: string[] = [];
  const loop = async (): Promise<void> => {
    for (;;) {
      const agent = await world.agents.next();
      calls.push(agent.name);
      await play(agent);
    }
  };
  // It ends when the world is closed.
  loop().catch(() => undefined);
  return calls;
}

async function limit(agent: FakeAgent, wait: Readonly<Record<string, string>>): Promise<void> {
  await agent.say(errorLine('ses_1', 429, 'Rate limit reached', wait));
  await agent.exit(1);
}

describe('a chain of which nobody brings a result', () => {
  test('uses up attempts when one fails at the task, though the last one could not even be asked', async () => {
    const config = `${spare}limits: { attempts: 2 }\n`;
    const world = await open({ config, tasks: { a: 'title: A' } });
    const calls = serve(world, async (agent) => {
      if (agent.name === 'opencode') return agent.exit(3);
      await agent.say(JSON.stringify({ type: 'turn.failed', error: { message: 'The model does not exist' } }));
      return agent.exit(1);
    });
    const run = world.swarm();
    expect(await run.exitCode).toBe(1);
    expect(calls).toEqual(['opencode', 'opencode', 'codex', 'opencode', 'opencode']);
    expect(await world.tasks('failed')).toEqual(['a']);
    const [outcome] = run.all('iteration:ended').map((event) => event.outcome);
    expect(outcome).toMatchObject({ failure: { kind: 'crashed' }, agent: { harness: 'opencode' } });
  });
});

describe('a limit', () => {
  test('of which the provider says “again at once” each time is waited for all the same', async () => {
    const world = await open({ config: one, tasks: { a: 'title: A' } });
    const calls = serve(world, (agent) => limit(agent, { 'retry-after': '0' }));
    const run = world.swarm();
    const { until, at } = await run.seen('limit:waiting');
    expect(calls).toHaveLength(2);
    expect(Date.parse(until ?? '') - Date.parse(at)).toBeGreaterThan(20_000);
    run.stop('polite');
    expect(await run.exitCode).toBe(130);
    expect(await world.task('pending', 'a')).not.toContain('attempts:');
  });

  test('of hours is left for a spare whose own is over before', async () => {
    const world = await open({ config: `${spare}retry: { backoff: [1ms] }\n`, tasks: { a: 'title: A' } });
    const soon = Date.now() + 4000;
    const bar = { why: 'quota', detail: 'used up', at: soon - 60_000, until: soon, inARow: 0, since: soon - 60_000 };
    const health = { version: 1, agents: { codex: { successes: 0, bar } }, uses: [] };
    await world.repo.write('.oompa/health.json', JSON.stringify(health));
    const run = world.swarm();
    await limit(await world.agents.next(), { 'retry-after': '36000' });
    const other = await world.agents.next();
    expect(other.name).toBe('codex');
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    await other.run('echo a > a');
    await other.say(JSON.stringify({ type: 'item.completed', item: { type: 'agent_message', text: ready } }));
    await other.say(JSON.stringify({ type: 'turn.completed', usage: {} }));
    await other.exit(0);
    expect(await run.exitCode).toBe(0);
  });
});

test('a turn beside which the disk fails gives its place back', async () => {
  const world = await open({
    config: `${one}reviewer: { harness: judge }
harnesses: { judge: { command: [my-agent], prompt: stdin, output: text, concurrency: 1 } }
`,
    tasks: { a: 'title: A', b: 'title: B' },
  });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo a > a');
  const judge = await world.agents.next();
  // In the way of what removes a lock there.
  await judge.run('mkdir "$(git rev-parse --git-dir)/index.lock"');
  await judge.say('VERDICT: APPROVED');
  await judge.exit(0);
  const { outcome } = await run.seen('iteration:ended');
  expect(outcome.kind).toBe('disk-failed');
  await work(await world.agents.next(), 'echo b > b');
  expect((await world.agents.next()).name).toBe('my-agent');
});
