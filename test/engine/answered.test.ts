import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { answerTask } from '../../src/commands/tasks/answer.ts';
import { testIo } from '../commands/temporary.ts';
import { open, rescueIn, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';

/** As its owner does: `oompa tasks answer a "…"`. */
async function answer(workspace: string, text: string): Promise<void> {
  const { io, printed } = testIo(workspace);
  if ((await answerTask({ id: 'a', text, stdin: Readable.from([]) }, io)) !== 0) throw new Error(printed.stderr);
}

describe('a question', () => {
  test('is answered in the session that asked it, on a fresh worktree', async () => {
    const world = await open({ config: one, tasks: { a: 'title: A' } });
    const asking = world.swarm();
    const first = await world.agents.next();
    await first.run('echo half > half.txt');
    await first.answer('I began.\n\nNEEDS_INPUT: cents or euros?');
    expect(await asking.exitCode).toBe(1);
    const blocked = await world.task('blocked', 'a');
    expect(blocked).toContain('question: cents or euros?');
    const session = /\n {4}id: (\S+)/.exec(blocked)?.[1] ?? 'none';
    await answer(world.repo.path, 'Cents.');

    const run = world.swarm();
    const second = await world.agents.next();
    expect(second.argv).toEqual(expect.arrayContaining(['-s', session]));
    expect(second.stdin).toContain('Cents.');
    expect(second.stdin).toContain(rescueIn(blocked));
    expect(second.stdin).not.toContain('# Task: A');
    await work(second, 'echo cents > unit.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('turn:started')).toMatchObject([{ prompt: 'answered', session: 'resumed' }]);
    expect(await world.task('complete', 'a')).not.toContain('session:');
  });

  test('whose session is gone by now is answered in a fresh one that knows everything', async () => {
    const world = await open({ config: one, tasks: { a: 'title: A' } });
    const asking = world.swarm();
    await (await world.agents.next()).answer('NEEDS_INPUT: cents or euros?');
    expect(await asking.exitCode).toBe(1);
    await answer(world.repo.path, 'Cents.');
    const run = world.swarm();
    const resumed = await world.agents.next();
    await resumed.stderr('Error: Session not found\n');
    await resumed.exit(1);
    const fresh = await world.agents.next();
    for (const part of ['# Task: A', 'cents or euros?', 'Cents.']) expect(fresh.stdin).toContain(part);
    await work(fresh, 'echo cents > unit.txt');
    expect(await run.exitCode).toBe(0);
  });
});
