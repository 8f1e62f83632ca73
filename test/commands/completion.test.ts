import { beforeEach, describe, expect, test } from 'vitest';
import { commandLine } from '../../src/cli/program.ts';
import { git, temporaryFolder, temporaryRepository, testIo, writeFiles } from './temporary.ts';

const run = '20261120T140159-k3f9';

let root: string;
beforeEach(() => {
  root = temporaryRepository();
  writeFiles(root, {
    'oompa.config.yaml':
      'workers:\n  - { name: builders, harness: mine }\n  - { name: fast }\nharnesses: { mine: {} }\n',
    'tasks/pending/add-login.yaml': 'title: Add',
    'tasks/failed/fix-parser.yaml': 'title: Fix',
    'tasks/blocked/billing.md': '# Billing',
    'tasks/complete/notes.txt': 'no task',
    [`runs/${run}/run.yaml`]: 'config: { planner: {}, workers: [{ name: builders, count: 2 }] }\n',
    'runs/20261119T000000-aaaa/run.yaml': 'config: { workers: [{ name: older, count: 2 }] }\n',
  });
});

/** What is offered after `oompa `, up to the end of `typed`. */
async function offered(typed: string, { shell = 'fish', cwd = root } = {}): Promise<string[]> {
  return (await answer(typed.split(' '), { shell, cwd })).map((line) => line.split('\t')[0] ?? '');
}

async function answer(words: readonly string[], { shell = 'fish', cwd = root } = {}): Promise<string[]> {
  const { io, printed } = testIo(cwd);
  const program = commandLine(async (action, options) => {
    expect(await action(options, io)).toBe(0);
  });
  await program.parseAsync(['complete-words', shell, '--', ...words], { from: 'user' });
  expect(printed.stderr).toBe('');
  return printed.stdout.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  test('offers commands with what they are for, and hides its own', async () => {
    expect(await answer(['sw'])).toEqual(['swarm\tstart the workers and stay until the queue is dry']);
    expect(await offered('tasks re')).toEqual(['requeue']);
    expect(await offered('help tasks r')).toEqual(['requeue']);
    expect(await offered('complete')).toEqual([]);
  });

  test('offers the options that were not given yet', async () => {
    const options = await offered('swarm --json --');
    expect(options).toEqual(expect.arrayContaining(['--only', '--dry-run', '--help']));
    expect(options).not.toContain('--json');
    expect(await offered('tasks add x --files a --f')).toEqual(['--files']);
  });

  test.each([
    ['runs show ', [run, '20261119T000000-aaaa']],
    ['runs show 20261120', [run]],
    ['stop ', [run, '20261119T000000-aaaa']],
    ['tasks show ', ['add-login', 'billing', 'fix-parser']],
    ['tasks requeue ', ['fix-parser', 'billing']],
    ['tasks requeue fix-parser ', ['billing']],
    ['tasks answer ', ['billing']],
    ['tasks add x --depends-on add-login f', ['fix-parser']],
    ['logs b', ['builders-1', 'builders-2', 'billing']],
    ['swarm --only ', ['builders', 'fast']],
    ['swarm --only=f', ['--only=fast']],
    ['models ', ['opencode', 'claude', 'codex', 'gemini', 'mine']],
    ['schema ', ['config', 'events', 'notices']],
    ['completion z', ['zsh']],
    ['swarm ', [':files']],
    ['tasks answer billing ', []],
    ['tasks lint ', []],
    ['no-such-command ', []],
    ['swarm --no-such-option=', []],
  ])('after `%s`: %j', async (typed, words) => {
    expect((await offered(typed)).sort()).toEqual([...words].sort());
  });

  test('runs come newest first', async () => {
    expect(await offered('runs show ')).toEqual([run, '20261119T000000-aaaa']);
  });

  test('rescues are named by their tasks', async () => {
    git(root, 'update-ref', `refs/oompa/rescue/add-login/${run}-builders-1-i1`, 'HEAD');
    expect(await offered('rescue show ')).toEqual(['add-login']);
  });

  test('understands words that bash took apart at the equals sign', async () => {
    expect(await answer(['swarm', '--only', '=', 'f'], { shell: 'bash' })).toEqual(['fast\t']);
    expect(await answer(['swarm', '--only', '='], { shell: 'bash' })).toEqual(['builders\t', 'fast\t']);
    expect(await answer(['swarm', '--only', '=', 'fast', '--js'], { shell: 'bash' })).toEqual([
      '--json\tone JSON event a line, as in `oompa schema events`',
    ]);
  });

  test('works below the top of the workspace', async () => {
    writeFiles(root, { 'src/a.ts': '' });
    expect(await offered('tasks answer ', { cwd: `${root}/src` })).toEqual(['billing']);
  });

  test('never offers a name that a shell would do something with', async () => {
    writeFiles(root, { 'tasks/failed/$(touch x).yaml': '', 'tasks/failed/a b.yaml': '', 'tasks/failed/a;b.yaml': '' });
    expect(await offered('tasks requeue ')).toEqual(['fix-parser', 'billing']);
  });

  test.each(['runs show ', 'tasks requeue ', 'swarm --only ', 'rescue show '])(
    'is quiet outside a workspace: `%s`',
    async (typed) => {
      expect(await offered(typed, { cwd: temporaryFolder() })).toEqual([]);
    },
  );

  test('is quiet where the config is broken', async () => {
    writeFiles(root, { 'oompa.config.yaml': 'workers: [' });
    expect(await offered('swarm --only ')).toEqual([]);
    expect(await offered('models c')).toEqual(['claude', 'codex']);
  });
});
