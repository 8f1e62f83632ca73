import { expect, test, describe } from 'vitest';
import type { World } from '../../rig/world.ts';
import { open, ready, rescueIn, reviewer, work } from '../open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const custom = `workers: [{ name: builders, harness: mine }]
harnesses: { mine: { command: [my-agent], prompt: stdin, output: text } }
`;
const tasks = { a: 'title: A' };
const files = { 'src/app.txt': 'one\n', 'other.txt': 'two\n' };

/** An agent does this, says that it is ready, and shows its tool calls. */
async function act({ agents }: World, command: string): Promise<void> {
  const agent = await agents.next();
  const { code, output } = await agent.run(command);
  if (code !== 0) throw new Error(output);
  await agent.answer(ready);
}

describe('an agent that changes the checkout of its owner', () => {
  test.each([
    ['by the absolute path', 'echo bad > "$ROOT/src/app.txt"', 'src/app.txt'],
    ['by a way up out of its worktree', 'echo bad > ../../../src/app.txt', 'src/app.txt'],
    ['from a folder of its worktree', 'cd src; echo bad > ../../../../src/app.txt', 'src/app.txt'],
    ['after it went there', 'cd ../../..; echo bad > src/app.txt', 'src/app.txt'],
    ['with a new file', 'cd "$ROOT" && echo bad > new.txt', 'new.txt'],
    ['by deleting a file', 'rm ../../../other.txt', 'other.txt'],
    ['through a symbolic link of its own', 'ln -s ../../.. up; echo bad > up/src/app.txt; rm up', 'src/app.txt'],
    ['by switching it to another branch', 'git -C "$ROOT" switch -q -c elsewhere', '.git/HEAD'],
  ])('%s: its iteration ends, its work is kept, and nothing there is put back', async (_, command, path) => {
    const world = await open({ config: one, files, tasks });
    const { repo, task } = world;
    const run = world.swarm({ iterations: 1 });
    await act(world, `echo mine > mine.txt; ${command.replaceAll('$ROOT', repo.path)}`);
    expect(await run.exitCode).toBe(0);
    const before = await repo.git('status', '--porcelain');
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({
      kind: 'trespassed',
      what: 'checkout',
      checkout: repo.path,
      paths: [path],
    });
    expect(run.all('checkout:touched')[0]).toMatchObject({ worker: 'builders-1', role: 'worker', paths: [path] });
    const text = await task('pending', 'a');
    expect(text).toContain('attempts: 1');
    expect(text).toContain("the user's checkout");
    expect(await repo.git('show', `${rescueIn(text)}:mine.txt`)).toBe('mine');
    expect(await repo.git('status', '--porcelain')).toBe(before);
    expect(await repo.git('log', '--format=%s', 'main')).toBe('first');
  });

  test('by copying its work there without a word: the same content gives it away', async () => {
    const world = await open({ config: one, files, tasks });
    const { repo } = world;
    const run = world.swarm({ iterations: 1 });
    const agent = await world.agents.next();
    await agent.run('echo better > src/app.txt');
    await repo.write('src/app.txt', 'better\n');
    await agent.answer(ready);
    await run.exitCode;
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ kind: 'trespassed', paths: ['src/app.txt'] });
  });

  test('as a reviewer: what it says is no verdict', async () => {
    const world = await open({ config: `${one}${reviewer}`, files, tasks });
    const { repo } = world;
    const run = world.swarm({ iterations: 1 });
    await work(await world.agents.next(), 'echo a > a.txt');
    const judge = await world.agents.next();
    await judge.run(`echo bad > ${repo.path}/other.txt`);
    await judge.say('VERDICT: APPROVED');
    await judge.exit(0);
    await run.exitCode;
    expect(run.all('checkout:touched')[0]).toMatchObject({ role: 'reviewer', paths: ['other.txt'] });
    expect(run.all('review:ended')[0]).toMatchObject({ verdict: 'failed' });
    expect(run.all('iteration:ended')[0]?.outcome.kind).toBe('review-unavailable');
    expect(await repo.read('other.txt')).toBe('bad\n');
  });

  test('as a planner: it is said, and its tasks count all the same', async () => {
    const world = await open({ config: `planner: { harness: opencode }\n${one}`, files });
    const run = world.swarm();
    const planner = await world.agents.next();
    await planner.run('mkdir -p tasks/pending; echo "title: B" > tasks/pending/b.yaml; echo bad > ../../../other.txt');
    await planner.answer('__DONE__');
    await work(await world.agents.next(), 'echo b > b.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('checkout:touched')[0]).toMatchObject({ role: 'planner', worker: 'planner', paths: ['other.txt'] });
    expect(await world.tasks('complete')).toEqual(['b']);
  });
});

describe('an agent that does not show what it does', () => {
  test('is held responsible for what changed while it ran', async () => {
    const world = await open({ config: custom, files, tasks });
    const run = world.swarm({ iterations: 1 });
    const agent = await world.agents.next();
    await world.repo.write('src/app.txt', 'somebody\n');
    await agent.say(ready);
    await agent.exit(0);
    await run.exitCode;
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ kind: 'trespassed', paths: ['src/app.txt'] });
    expect(await world.repo.read('src/app.txt')).toBe('somebody\n');
  });

  test('is innocent when oompa knows its CLI and it changed nothing in its own worktree', async () => {
    const world = await open({ config: one, files, tasks });
    const run = world.swarm({ iterations: 1 });
    const agent = await world.agents.next();
    await world.repo.write('src/app.txt', 'mine\n');
    await agent.answer('What shall I do?\n\nNEEDS_INPUT: what?');
    await run.exitCode;
    expect(run.all('iteration:ended')[0]?.outcome.kind).toBe('needs-input');
    expect(run.all('checkout:touched')).toEqual([]);
  });

  test('is held responsible when it changed its worktree and hid how', async () => {
    const world = await open({ config: one, files, tasks });
    const run = world.swarm({ iterations: 1 });
    const agent = await world.agents.next();
    await agent.run('echo a > a.txt; echo bad > ../../../other.txt');
    await agent.answer(ready, { hides: true });
    await run.exitCode;
    expect(run.all('iteration:ended')[0]?.outcome).toMatchObject({ kind: 'trespassed', paths: ['other.txt'] });
  });
});

describe('an owner who works in the checkout while agents work', () => {
  test('stops nobody: edits, new files, deleted ones, a commit, a switch to another branch', async () => {
    const world = await open({ config: `branch: main\n${one}`, files, tasks: { a: 'title: A', b: 'title: B' } });
    const { repo, agents } = world;
    const run = world.swarm();
    const first = await agents.next();
    await repo.write('src/app.txt', 'mine\n');
    await repo.write('new.txt', 'mine\n');
    await repo.git('rm', '-q', 'other.txt');
    await work(first, 'echo a > a.txt');
    const second = await agents.next();
    await repo.git('stash', '-q');
    await repo.git('switch', '-q', '-c', 'mine');
    await repo.commit({ 'mine.txt': 'mine\n' });
    await work(second, 'echo b > b.txt');
    expect(await run.exitCode).toBe(0);
    expect(run.all('checkout:touched')).toEqual([]);
    expect(run.all('iteration:ended').map(({ outcome }) => outcome.kind)).toEqual(['landed', 'landed']);
  });

  test('is not taken for the agent by a landing that brings the checkout forward meanwhile', async () => {
    const world = await open({
      config: custom.replace('name: builders,', 'name: builders, count: 2,'),
      files,
      tasks: { a: 'title: A', b: 'title: B' },
    });
    await world.repo.write('unsaved.txt', 'mine\n');
    const run = world.swarm();
    const [first, second] = [await world.agents.next(), await world.agents.next()];
    for (const [agent, name] of [
      [first, 'a'],
      [second, 'b'],
    ] as const) {
      await agent.run(`mkdir -p more; echo ${name} > more/${name}.txt`);
      await agent.say(ready);
      await agent.exit(0);
      if (agent === first) await run.seen('landing:landed');
    }
    expect(await run.exitCode).toBe(0);
    expect(run.all('checkout:touched')).toEqual([]);
    expect(await world.tasks('complete')).toEqual(['a', 'b']);
  });
});

test('a reviewer who only names the path of a file that its owner edits has not changed it', async () => {
  const world = await open({ config: `${one}reviewer: { harness: opencode, max_rounds: 2 }\n`, files, tasks });
  const run = world.swarm();
  await work(await world.agents.next(), 'echo a > a.txt');
  const judge = await world.agents.next();
  await world.repo.write('src/app.txt', 'mine\n');
  await judge.run('cat src/app.txt; git diff main');
  await judge.answer('VERDICT: APPROVED');
  expect(await run.exitCode).toBe(0);
  expect(run.all('checkout:touched')).toEqual([]);
});
