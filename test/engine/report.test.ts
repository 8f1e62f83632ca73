import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run, World } from '../rig/world.ts';
import { open, ready, work } from './open.ts';

function reportOf({ repo }: World, run: Run): string {
  return join(repo.path, 'runs', run.all('run:started')[0]?.run ?? '', 'report.html');
}

describe('the report of a run', () => {
  test('is there when the run is well, and when a task has failed', async () => {
    const world = await open({
      config: 'workers: [{ name: builders, harness: opencode }]\nlimits: { attempts: 1 }\n',
      tasks: { a: 'title: The first', b: 'title: The second' },
    });
    const run = world.swarm();
    await work(await world.agents.next(), 'echo a > a.txt');
    const second = await world.agents.next();
    await second.exit(3);
    const again = await world.agents.next();
    await again.exit(3);
    expect(await run.exitCode).toBe(1);
    const html = await readFile(reportOf(world, run), 'utf8');
    expect(html).toContain('The first');
    expect(html).toContain('1 of 2 tasks failed');
  });

  test('is there when the run is interrupted', async () => {
    const world = await open({ tasks: { a: 'title: The first' } });
    const run = world.swarm();
    await world.agents.next();
    run.stop('now');
    expect(await run.exitCode).toBe(130);
    expect(await readFile(reportOf(world, run), 'utf8')).toContain('interrupted');
  });

  test('changes no exit code when it can’t be written', async () => {
    const world = await open({ tasks: { a: 'title: The first' } });
    const run = world.swarm();
    const agent = await world.agents.next();
    await mkdir(join(reportOf(world, run), 'in the way'), { recursive: true });
    await agent.run('echo a > a.txt');
    await agent.answer(ready);
    expect(await run.exitCode).toBe(0);
    expect(run.said()).toMatch(/^the report could not be written: .*\n$/);
  });
});
