import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeAgents, type FakeAgents } from './fake-agent.ts';

let agents: FakeAgents;
beforeEach(async () => {
  agents = await startFakeAgents();
});
afterEach(() => agents.close());

describe('a fake agent', () => {
  it('arrives with its arguments and its whole prompt, and does what the test says', async () => {
    const running = execa(join(agents.binDir, 'codex'), ['exec', 'two words'], {
      env: agents.env,
      input: 'the prompt',
      reject: false,
    });
    const agent = await agents.next();
    expect(agent).toMatchObject({ name: 'codex', argv: ['exec', 'two words'], stdin: 'the prompt' });
    await agent.say('a line');
    await agent.stderr('a complaint');
    expect(await agent.run('echo run; exit 3')).toEqual({ code: 3, output: 'run\n' });
    await agent.exit(7);
    expect(await running).toMatchObject({ stdout: 'a line', stderr: 'a complaint', exitCode: 7 });
  });

  it('is handed out in order of arrival, and gone once the test is over', async () => {
    const first = execa(join(agents.binDir, 'opencode'), { env: agents.env, input: '', reject: false });
    const one = await agents.next();
    const second = execa(join(agents.binDir, 'claude'), { env: agents.env, input: '', reject: false });
    const two = await agents.next();
    expect([one.name, two.name]).toEqual(['opencode', 'claude']);
    const lingerer = await two.linger({ ownSession: true });
    expect(lingerer.isAlive()).toBe(true);
    await agents.close();
    await lingerer.gone;
    expect([(await first).exitCode, (await second).exitCode]).toEqual([99, 99]);
    agents = await startFakeAgents();
  });
});
