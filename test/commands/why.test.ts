import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { why } from '../../src/commands/why.ts';
import { open, review, reviewer, work } from '../engine/open.ts';
import type { World } from '../rig/world.ts';
import { git, temporaryRepository, testIo } from './temporary.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const builders = 'workers: [{ name: builders, harness: opencode }]\n';

async function ask(cwd: string, commit: string, options: { readonly json?: boolean } = {}) {
  const { io, printed } = testIo(cwd);
  return { code: await why({ commit, ...options }, io), ...printed };
}

/** A task that lands in its second round; the world, the run's id, and the agent's own commit. */
async function landed(config = '') {
  const world = await open({
    config: `${builders}${reviewer}verify: [test -f hello.txt]\n${config}`,
    tasks: { hello: 'title: Say hello\n' },
  });
  const run = world.swarm();
  const first = await world.agents.next();
  await work(first, 'echo hello > hello.txt && git add -A && git commit -qm "Say it"');
  await review(world, 'It says nothing to the world.\n\nVERDICT: NEEDS_CHANGES');
  await work(await world.agents.next(), 'echo hello world > hello.txt');
  await review(world, 'Now it does.\n\nVERDICT: APPROVED');
  expect(await run.exitCode).toBe(0);
  const own = run.all('work:committed')[0]?.commit ?? '';
  return { world, id: run.all('run:started')[0]?.run ?? '', own };
}

function runFolder({ repo }: World, id: string): string {
  return join(repo.path, 'runs', id);
}

describe('oompa why', () => {
  it('tells which task, agents, rounds, checks and cost stand behind a landing', async () => {
    const { world, id } = await landed();
    const { code, stdout } = await ask(world.repo.path, 'main');
    expect(code).toBe(0);
    expect(stable(stdout, id)).toMatchInlineSnapshot(`
      "COMMIT7  Say hello
        task      hello by builders-1, iteration 1
        run       RUN
        landed    MM-DD HH:MM
        agents    opencode: 2 turns (1 in a resumed session)
                  judge: 2 reviews
        verified  test -f hello.txt passed in N s
        cost      240 tokens, N s

        HH:MM:SS  claim     builders-1, iteration 1
        HH:MM:SS  turn 1    opencode: ready, 1 file +1 −0                        MM:SS
        HH:MM:SS  round 1   judge: needs changes: It says nothing to the world.  MM:SS
        HH:MM:SS  turn 2    opencode fixes, resumed: ready, 1 file +1 −0         MM:SS
        HH:MM:SS  round 2   judge: approved: Now it does.                        MM:SS
        HH:MM:SS  verify    test -f hello.txt passed                             MM:SS
        HH:MM:SS  land      COMMIT7; N s in all

        oompa runs review hello --run RUN
        oompa logs hello --run RUN
        oompa runs show RUN --task hello · oompa tasks show hello
        git show COMMIT7
      "
    `);
  });

  it('tells the same of a commit that came to main with a landing', async () => {
    const { world, id, own } = await landed();
    const landing = git(world.repo.path, 'rev-parse', 'main');
    await expectJson(world, own.slice(0, 10), { commit: own, task: 'hello', run: id, landing: { commit: landing } });
    // What landed later does not change that.
    git(world.repo.path, 'commit', '-q', '--allow-empty', '-m', 'By hand');
    await expectJson(world, own, { commit: own, task: 'hello', landing: { commit: landing } });
    expect(await ask(world.repo.path, 'HEAD')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^oompa did not make \w{7}: no landing/) as string,
    });
  });

  it('knows a commit that was squashed from the log of its run', async () => {
    const { world, id, own } = await landed('merge: { strategy: squash }\n');
    await expectJson(world, own, { task: 'hello', run: id, told: { worker: 'builders-1', standing: 'landed' } });
    expect((await ask(world.repo.path, own)).stdout).toContain('landed    not this commit, but its work, squashed: ');
  });

  it('tells what the trailers say when the folder of the run is gone', async () => {
    const { world, id } = await landed();
    rmSync(runFolder(world, id), { recursive: true });
    const { code, stdout } = await ask(world.repo.path, 'main');
    expect(code).toBe(0);
    expect(stdout).toContain('reviewed  approved by judge in round 2\n');
    expect(stdout).toContain('verified  test -f hello.txt\n');
    expect(stdout).toContain('is not known: the folder of its run is gone');
  });

  it('tells whose work a rescue ref keeps', async () => {
    const world = await open({
      config: `${builders}limits: { attempts: 1 }\n`,
      tasks: { hello: 'title: Say hello\n' },
    });
    const run = world.swarm();
    const agent = await world.agents.next();
    await agent.run('echo hello > hello.txt');
    await agent.answer('NEEDS_FOLLOWUP: nobody to greet');
    await run.exitCode;
    const { ref, commit } = run.all('work:rescued')[0]!;
    await expectJson(world, commit, { kept: ref, task: 'hello', told: { worker: 'builders-1', standing: 'failed' } });
    expect((await ask(world.repo.path, ref)).stdout).toContain('nobody to greet');
  });

  it('believes no trailer of a commit that did not land', async () => {
    const root = temporaryRepository();
    git(root, 'checkout', '-q', '-b', 'other');
    git(root, 'commit', '-q', '--allow-empty', '-m', 'Fake\n\nOompa-Task: hello\nOompa-Run: 20261120T140159-k3f9');
    git(root, 'checkout', '-q', 'main');
    expect((await ask(root, 'other')).code).toBe(1);
  });

  it('says in a line that there is no such commit', async () => {
    const root = temporaryRepository();
    for (const commit of ['nonsense', '--all', '']) {
      const { code, stderr } = await ask(root, commit);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^git knows no commit .*\n$/);
    }
  });

  it('asks for more of a name that begins several commits', async () => {
    const root = temporaryRepository();
    const prefix = sharedPrefix(root);
    const { code, stderr } = await ask(root, prefix);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `Several commits begin with ${prefix}. See them with: git rev-parse --disambiguate=${prefix}\n`,
    );
  });
});

async function expectJson({ repo }: World, commit: string, expected: object): Promise<void> {
  const { stdout } = await ask(repo.path, commit, { json: true });
  expect(JSON.parse(stdout)).toMatchObject(expected);
}

/** Makes as many commits as it takes for two to begin with the same four digits, and gives those. */
function sharedPrefix(root: string): string {
  const commit = (n: number) => `commit refs/heads/other\ncommitter a <a@b> ${String(n)} +0000\ndata 0\n\n`;
  execFileSync('git', ['-C', root, 'fast-import', '--quiet'], {
    input: Array.from({ length: 1500 }, (_, n) => commit(n)).join(''),
  });
  const seen = new Set<string>();
  for (const each of git(root, 'rev-list', 'other').split('\n')) {
    const prefix = each.slice(0, 4);
    if (seen.has(prefix)) return prefix;
    seen.add(prefix);
  }
  throw new Error('no two of 1500 commits begin alike');
}

/** The same text for every run: without its times, ids and commits. */
function stable(text: string, id: string): string {
  return text
    .replaceAll(id, 'RUN')
    .replaceAll(/\d\d-\d\d \d\d:\d\d/g, 'MM-DD HH:MM')
    .replaceAll(/\d\d:\d\d:\d\d/g, 'HH:MM:SS')
    .replaceAll(/\b\d\d:\d\d\b/g, 'MM:SS')
    .replaceAll(/\b[0-9a-f]{7}\b/g, 'COMMIT7')
    .replaceAll(/\b[\d.]+ s\b/g, 'N s');
}
