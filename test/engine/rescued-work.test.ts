import { expect, test } from 'vitest';
import { open, ready, rescueIn, work } from './open.ts';

test('P6: the next worker is told of the work of an earlier attempt, and what it is told to type works', async () => {
  const config = 'workers: [{ name: builders, harness: opencode }]\nlimits: { max_turns: 1, attempts: 3 }\n';
  const { repo, agents, swarm, task } = await open({ config, tasks: { a: 'title: A' } });
  const run = swarm();
  const first = await agents.next();
  expect(first.stdin).not.toContain('refs/oompa/rescue');
  await first.run('echo half > half.txt; git add -A; git commit -qm half; echo rest > rest.txt');
  await first.answer('I am not there yet.');
  const { ref } = await run.seen('work:rescued');

  const second = await agents.next();
  const commands = [...second.stdin.matchAll(/`(git (?:show|log|for-each-ref) [^`]+)`/g)].map(
    ([, command = '']) => command,
  );
  expect(commands).toHaveLength(3);
  const seen = await second.run(commands.join(' && '));
  expect(seen.code).toBe(0);
  expect(seen.output).toContain('half.txt');
  expect(seen.output).toContain('+rest');
  expect(seen.output).toContain(ref);
  const [take = ''] = /git cherry-pick [^`]+/.exec(second.stdin) ?? [];
  expect((await second.run(take)).code).toBe(0);
  await second.answer(ready);
  expect(await run.exitCode).toBe(0);
  expect(await repo.git('show', 'main:half.txt', 'main:rest.txt')).toBe('half\nrest');
  expect(rescueIn(await task('complete', 'a'))).toBe(ref);
});

test('P6: an attempt that leaves nothing does not make the work of the one before forgotten', async () => {
  const config = 'workers: [{ name: builders, harness: opencode }]\nlimits: { max_turns: 1, attempts: 4 }\n';
  const { agents, swarm } = await open({ config, tasks: { a: 'title: A' } });
  const run = swarm();
  const first = await agents.next();
  await first.run('echo half > half.txt');
  await first.answer('I am not there yet.');
  const { ref } = await run.seen('work:rescued');
  await (await agents.next()).answer('I have only read so far.');
  const third = await agents.next();
  expect(third.stdin).toContain(ref);
  await work(third, 'echo a > a.txt');
  expect(await run.exitCode).toBe(0);
});
