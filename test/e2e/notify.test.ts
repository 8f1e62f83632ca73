import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open } from '../engine/open.ts';
import { noticesIn, server } from '../notify/order.ts';

const worker = 'workers: [{ name: builders, harness: opencode }]\nlimits: { attempts: 1 }\n';
const tasks = { asks: 'title: Ask\n', fails: 'title: Fail\n' };

describe('a whole run with `notify:`', () => {
  it('tells a command and a webhook of a question, a failure and its end, and all ends well', async () => {
    const hook = await server();
    const world = await open({
      config: `${worker}notify:
  - run: cat >> .oompa/told.jsonl
  - {webhook: "\${HOOK}", on: [blocked, ended], headers: {Authorization: "Bearer \${PASS}"}}
`,
      tasks,
      env: { HOOK: hook.url, PASS: 'sesame' },
    });
    const run = world.swarm();
    await (await world.agents.next()).answer('NEEDS_INPUT: which colour?');
    await (await world.agents.next()).answer('NEEDS_FOLLOWUP: no such file');
    expect(await run.exitCode).toBe(1);
    const told = await noticesIn(join(world.repo.path, '.oompa', 'told.jsonl'));
    expect(told.map(({ message }) => message.replace(/run \S+/, 'run R'))).toEqual([
      'asks asks: which colour?',
      'fails failed: the agent gave up: no such file (attempt 1 of 1)',
      'run R ended: 1 of 2 tasks failed, 1 asks you',
    ]);
    expect(hook.posted.map(({ body }) => body.event)).toEqual(['blocked', 'ended']);
    expect(hook.posted[0]?.headers.authorization).toBe('Bearer sesame');
    expect([run.said(), run.all('problem:seen')]).toEqual(['', []]);
  });

  it('goes on and ends as without it when nothing of it works', async () => {
    const hook = await server('hang', 'hang', 'hang');
    const world = await open({
      config: `${worker}notify:
  - {webhook: ${hook.url}, timeout: 300ms}
  - {run: sleep 1000, timeout: 300ms}
  - {run: exit 7}
`,
      tasks,
    });
    const run = world.swarm();
    await (await world.agents.next()).answer('NEEDS_FOLLOWUP: no');
    // Only a run that waits for nobody gets as far as its next task.
    await (await world.agents.next()).answer('NEEDS_FOLLOWUP: no');
    expect(await run.exitCode).toBe(1);
    const ends = run.all('iteration:ended').map(({ task, transition }) => `${task} ${transition}`);
    expect(ends).toEqual(['asks fail', 'fails fail']);
    expect(run.events.at(-1)?.type).toBe('run:ended');
    const complaints = [...run.all('problem:seen').map(({ message }) => message), ...run.said().trim().split('\n')];
    expect(complaints.filter((line) => line.startsWith('notify: '))).toHaveLength(3);
  });

  it('is not started while a variable is missing that a webhook needs', async () => {
    const world = await open({ config: `${worker}notify: [{webhook: "\${NOBODY_SETS_THIS}"}]\n`, tasks });
    const run = world.swarm();
    expect(await run.exitCode).toBe(2);
    expect(run.said()).toContain('`webhook` needs the variable `NOBODY_SETS_THIS`, which is not set');
    expect(run.events).toEqual([]);
  });
});
