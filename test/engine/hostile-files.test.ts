import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open, ready, rescueIn, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';
const tasks = { a: 'title: A' };

describe('an agent that makes a file of 2 GB', () => {
  test('is told, no time is spent on it, and the rest lands without it', async () => {
    const { repo, agents, swarm } = await open({ config: one, tasks });
    const run = swarm();
    await work(await agents.next(), 'truncate -s 2G huge.bin; echo a > a.txt');
    const back = await agents.next();
    expect(back.stdin).toContain('huge.bin (2.1 GB)');
    await work(back, 'rm huge.bin');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('ls-tree', '--name-only', 'main', 'huge.bin', 'a.txt')).toBe('a.txt');
  });

  test('P6: and keeps it: when the iteration ends it lies beside git, and that is said', async () => {
    const { repo, agents, swarm, task } = await open({ config: `${one}limits: { max_turns: 1 }\n`, tasks });
    const run = swarm({ iterations: 1 });
    await work(await agents.next(), 'truncate -s 2G huge.bin; echo a > a.txt');
    await run.exitCode;
    expect(run.all('iteration:ended')[0]?.outcome.kind).toBe('turns-exhausted');
    const ref = rescueIn(await task('pending', 'a'));
    expect(await repo.git('ls-tree', '--name-only', ref, 'huge.bin', 'a.txt')).toBe('a.txt');
    const kept = join('.oompa/kept', await repo.git('rev-parse', ref));
    expect(run.all('problem:seen')[0]?.message).toContain(`huge.bin (2.1 GB) is kept beside git: ls ${kept}`);
    expect((await stat(join(repo.path, kept, 'huge.bin'))).size).toBe(2 * 1024 ** 3);
  });

  test('of its own size: one that it has committed is sent back too', async () => {
    const { repo, agents, swarm } = await open({ config: `${one}limits: { file: 1MB }\n`, tasks });
    const run = swarm();
    await work(await agents.next(), 'head -c 1500000 /dev/zero > big.bin; git add -A; git commit -qm big');
    const back = await agents.next();
    expect(back.stdin).toContain('big.bin (2 MB)');
    await work(back, 'git reset -q --soft HEAD~1; git rm -q --cached big.bin; rm big.bin; echo a > a.txt');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('log', '--format=', '--name-only', 'main')).not.toContain('big.bin');
  });
});

test.each([
  ['an absolute path', 'ln -s /etc/hostname link'],
  ['a way up', 'mkdir d; ln -s ../../x d/link'],
])('a symbolic link out of the repository, by %s, is sent back; one that stays inside lands', async (_, command) => {
  const { repo, agents, swarm } = await open({ config: one, tasks });
  const run = swarm();
  await work(await agents.next(), `${command}; mkdir e; ln -s ../README.md e/inside`);
  const back = await agents.next();
  expect(back.stdin).toMatch(/link -> /);
  await work(back, 'find . -name link -delete');
  expect(await run.exitCode).toBe(0);
  expect(await repo.git('ls-tree', '-r', '--name-only', 'main', 'e', 'd', 'link')).toBe('e/inside');
});

describe('an agent that changes what judges it', () => {
  const config = `${one}verify: [./check.sh, 'node "scripts/verify.js"']\n`;
  const files = { 'check.sh': 'test -e a.txt\n', 'scripts/verify.js': '' };

  test.each([
    ['a verify script', 'echo true > check.sh', 'check.sh'],
    ['a script that a command runs', 'echo 1 > scripts/verify.js', 'scripts/verify.js'],
    ['the config', 'echo "# mine" >> oompa.config.yaml', 'oompa.config.yaml'],
  ])('%s is sent back before anything is run', async (_, command, path) => {
    const { repo, agents, swarm } = await open({ config, files, tasks });
    await repo.git('update-index', '--chmod=+x', 'check.sh');
    await repo.git('commit', '-qm', 'x');
    await repo.git('checkout', '-q', '-f', '.');
    const run = swarm();
    await work(await agents.next(), `${command}; echo a > a.txt`);
    const back = await agents.next();
    expect(back.stdin).toContain(path);
    expect(run.all('verify:started')).toEqual([]);
    await work(back, `git checkout -q main -- ${path}`);
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('diff', '--name-only', 'main~1', 'main')).toBe('a.txt');
  });

  test('unless the task itself names the script', async () => {
    const { repo, agents, swarm } = await open({
      config: `${one}verify: [sh check.sh]\n`,
      files,
      tasks: { a: 'title: A\nfiles: [check.sh]\n' },
    });
    const run = swarm();
    await work(await agents.next(), 'echo true > check.sh');
    expect(await run.exitCode).toBe(0);
    expect(await repo.read('check.sh')).toBe('true\n');
  });

  test('a config under another name is protected as well', async () => {
    const { repo, agents, swarm } = await open({ config: one, files: { 'night.yaml': one }, tasks });
    const run = swarm({ config: join(repo.path, 'night.yaml') });
    await work(await agents.next(), 'echo "# mine" >> night.yaml');
    const back = await agents.next();
    expect(back.stdin).toContain('night.yaml');
    await work(back, 'git checkout -q main -- night.yaml; echo a > a.txt');
    expect(await run.exitCode).toBe(0);
  });
});

test('task files whose ids lead elsewhere: each is refused or stays inside the queue, and nothing is written beside it', async () => {
  const {
    repo,
    agents,
    swarm,
    tasks: tasksIn,
  } = await open({
    config: one.replace('opencode', 'opencode, can_plan: true, iterations: 1'),
    tasks,
  });
  const run = swarm();
  const agent = await agents.next();
  await agent.run(`mkdir -p tasks/pending/sub; cd tasks/pending
    echo 'title: Dots' > ...yaml
    echo 'title: Up' > '..%2f..%2fup.yaml'
    printf 'id: ../../outside\\ntitle: Id\\n' > id.yaml
    printf 'title: Depends\\ndepends_on: [../../x]\\n' > dep.yaml
    echo 'title: Deep' > sub/deep.yaml
    ln -s ../../../../../oompa.config.yaml link.yaml
    echo 'title: Break' > "$(printf 'line\\nbreak').yaml"`);
  await agent.answer(ready);
  await run.exitCode;
  const all = (await Promise.all(['pending', 'current', 'complete', 'failed', 'blocked'].map(tasksIn))).flat();
  for (const id of all) expect(id).toMatch(/^[\w][\w.-]*$/);
  const refused = run.all('task:refused').map(({ path }) => path);
  expect(refused.some((path) => path.includes('up'))).toBe(true);
  expect(await repo.git('status', '--porcelain')).toBe('');
  expect(run.all('iteration:ended')).toHaveLength(1);
});

describe('an agent that makes a submodule', () => {
  const add = (library: string) => `git -c protocol.file.allow=always submodule --quiet add ${library} sub`;

  async function withLibrary() {
    const world = await open({ config: one, tasks: { ...tasks, b: 'title: B' } });
    const library = join(world.repo.path, '.oompa/library');
    await world.repo.git('init', '-q', '-b', 'main', library);
    await world.repo.gitIn(
      library,
      '-c',
      'user.name=x',
      '-c',
      'user.email=x@x',
      'commit',
      '-q',
      '--allow-empty',
      '-mx',
    );
    return { ...world, library };
  }

  test('lands it as its commit and where it comes from; the next iteration works', async () => {
    const { repo, agents, swarm, library } = await withLibrary();
    const run = swarm();
    await work(await agents.next(), add(library));
    await work(await agents.next(), 'echo b > b.txt');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('ls-tree', 'main', 'sub')).toMatch(/^160000 commit /);
    expect(await repo.git('show', 'main:.gitmodules')).toContain('path = sub');
  });

  test('is sent back when its commit is nowhere but in the worktree', async () => {
    const { repo, agents, swarm, library } = await withLibrary();
    const run = swarm({ iterations: 1 });
    const own = 'cd sub; echo x > x; git add x; git -c user.name=x -c user.email=x@x commit -qm own';
    await work(await agents.next(), `${add(library)}; ${own}`);
    const back = await agents.next();
    expect(back.stdin).toContain('- sub');
    await work(back, 'git -C sub reset -q --hard origin/main');
    expect(await run.exitCode).toBe(0);
    expect(await repo.git('ls-tree', 'main', 'sub')).toContain(await repo.gitIn(library, 'rev-parse', 'HEAD'));
  });
});
