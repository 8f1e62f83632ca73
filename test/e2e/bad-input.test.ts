import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startCli } from '../rig/cli.ts';

const root = mkdtempSync(join(tmpdir(), 'oompa-bad-input-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const fine = `workers: [{ name: builders, harness: quick }]
harnesses: { quick: { command: [sh, -c, 'cat > /dev/null; echo x > $OOMPA_TASK.txt; echo COMPLETE_AND_READY_FOR_MERGE'], prompt: stdin, output: text } }
`;
const pool = (more: string) => `workers: [{ name: builders, harness: opencode, ${more} }]\n`;

/** A folder to start oompa in, and what has to be said there. */
interface Case {
  readonly what: string;
  /** Files of a repository with one commit; or what makes the folder. */
  readonly given: Readonly<Record<string, string>> | ((folder: string) => void);
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The first line. */
  readonly cause: RegExp;
  readonly remedy: RegExp;
  /** Beside the cause: how many lines follow at most. A squiggle takes two or three. */
  readonly lines?: number;
}

const cases: readonly Case[] = [
  {
    what: 'no git repository',
    given: () => undefined,
    cause: /is not in a git repository/,
    remedy: /run `git init`/,
  },
  {
    what: 'no commit yet',
    given: (folder) => git(folder, 'init', '-q'),
    cause: /has no commit yet/,
    remedy: /make a first one/,
  },
  {
    what: 'a bare repository',
    given: (folder) => git(folder, 'init', '-q', '--bare'),
    cause: /is a bare repository/,
    remedy: /clone it/,
  },
  {
    what: 'a git that is too old',
    given: { 'oompa.config.yaml': fine },
    env: { PATH: pathWith('old-git', { git: '#!/bin/sh\necho git version 2.30.0\n' }) },
    cause: /^git 2\.30\.0 is too old/,
    remedy: /git 2\.38 or newer/,
  },
  {
    what: 'no git at all',
    given: { 'oompa.config.yaml': fine },
    env: { PATH: join(root, 'nowhere') },
    cause: /^git could not be started/,
    remedy: /install git/,
  },
  {
    what: 'a detached HEAD',
    given: (folder) => {
      commit(folder, { 'oompa.config.yaml': fine });
      git(folder, 'checkout', '-q', '--detach');
    },
    cause: /^HEAD is detached/,
    remedy: /switch to a branch, or name one as `branch:`/,
  },
  {
    what: 'a branch that does not exist',
    given: { 'oompa.config.yaml': `branch: trunk\n${fine}` },
    cause: /^there is no branch "trunk"/,
    remedy: /make it, or change `branch:`/,
  },
  {
    what: 'no config',
    given: { 'README.md': '' },
    cause: /^oompa\.config\.yaml {2}does not exist/,
    remedy: /oompa init/,
    lines: 1,
  },
  {
    what: 'an empty config',
    given: { 'oompa.config.yaml': '' },
    cause: /^oompa\.config\.yaml {2}is empty/,
    remedy: /needs `workers:`/,
    lines: 1,
  },
  {
    what: 'a config that is not YAML',
    given: { 'oompa.config.yaml': 'workers: [{ name: builders\nverify: }\n' },
    cause: /^oompa\.config\.yaml:2:1 /,
    remedy: /oompa doctor/,
    lines: 4,
  },
  {
    what: 'a pool named twice',
    given: { 'oompa.config.yaml': fine.replace(']', ', { name: builders, harness: quick }]') },
    cause: /^oompa\.config\.yaml:1:\d+ {2}two pools are named `builders`/,
    remedy: /each pool needs a name of its own/,
    lines: 4,
  },
  {
    what: 'a prompt file that is missing',
    given: { 'oompa.config.yaml': pool('prompts: [prompts/none.md]') },
    cause: /^oompa\.config\.yaml:1:\d+ {2}the prompt file prompts\/none\.md does not exist/,
    remedy: /prompts\/none\.md/,
    lines: 4,
  },
  {
    what: 'an unknown token in a prompt',
    given: { 'oompa.config.yaml': pool('prompts: [p.md]'), 'p.md': 'Do\n{{task.titel}}\n' },
    cause: /^p\.md:2:1 {2}unknown token `\{\{task\.titel\}\}`/,
    remedy: /did you mean `\{\{task\.title\}\}`/,
    lines: 4,
  },
  {
    what: 'a CLI that is not installed',
    given: { 'oompa.config.yaml': 'workers: [{ name: builders, harness: gemini }]\n' },
    env: { PATH: pathWith('only-git', {}) },
    cause: /^gemini: `gemini` is not on PATH, and pool `builders` needs it/,
    remedy: /npm install -g/,
    lines: 1,
  },
  {
    what: 'the address of a server that is none',
    given: { 'oompa.config.yaml': pool('model: m') },
    env: { PATH: pathWith('with-opencode', { opencode: '#!/bin/sh\n' }), OOMPA_OPENCODE_ATTACH: '127.0.0.1:4096' },
    cause: /^opencode: OOMPA_OPENCODE_ATTACH is not an address such as http:/,
    remedy: /oompa doctor$/m,
    lines: 1,
  },
  {
    what: 'a pool that does not exist',
    given: { 'oompa.config.yaml': fine },
    args: ['swarm', '--only', 'builder'],
    cause: /^There is no pool `builder`/,
    remedy: /the config has: builders. Try: oompa swarm --only builders$/m,
  },
  {
    what: 'an option that does not exist',
    given: { 'oompa.config.yaml': fine },
    args: ['swarm', '--now'],
    cause: /^error: unknown option '--now'/,
    remedy: /oompa swarm --help/,
    lines: 1,
  },
  ...['../x', 'a/b', '..', 'x.lock'].map((id): Case => ({
    what: `the id ${id}`,
    given: { 'oompa.config.yaml': fine },
    args: ['tasks', 'add', 'Title', '--id', id],
    cause: /^The task was not added: the id "/,
    remedy: /Try: oompa tasks add/,
  })),
];

describe('bad input gets one clear cause, a remedy and exit code 2, and nothing is written', () => {
  test.concurrent.each(cases)('$what', async ({ given, args, env, cause, remedy, lines }) => {
    const folder = mkdtempSync(join(root, 'case-'));
    if (typeof given === 'function') given(folder);
    else commit(folder, given);
    const before = filesIn(folder);
    const { code, stdout, stderr } = await startCli(folder, args ?? ['swarm'], env).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(cause);
    expect(stderr).toMatch(remedy);
    expect(stderr).not.toMatch(/^\s+at |internal error|Error:/m);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(1 + (lines ?? 0));
    expect(filesIn(folder)).toEqual(before);
  });
});

describe('task files that cannot be read are named with their place and left alone, and stop nobody else', () => {
  const bad = {
    'tasks/pending/tabs.yaml': 'title: T\nfiles:\n\t- a\n',
    'tasks/pending/twin.yaml': 'title: Twin\n',
    'tasks/complete/twin.md': '# Twin\n',
    'tasks/pending/a b.yaml': 'title: Blank\n',
    'tasks/pending/..dots.yaml': 'title: Dots\n',
    'tasks/pending/empty.yaml': '',
    'tasks/pending/binary.yaml': '\u0000\u0001',
  };
  const named = [
    /tasks\/pending\/tabs\.yaml:3:1 +a tab cannot begin a line of YAML/,
    /tasks\/pending\/twin\.yaml:1:1 +another file has the id `twin` too; rename one of them/,
    /tasks\/complete\/twin\.md:1:1 +another file has the id `twin` too/,
    /tasks\/pending\/a b\.yaml:1:1 +the id "a b" may hold only/,
    /tasks\/pending\/empty\.yaml:1:1 +the file is empty/,
    /tasks\/pending\/binary\.yaml:1:1 /,
  ];
  const ignored = { '.gitignore': 'tasks/\nruns/\n', 'oompa.config.yaml': fine };

  test.concurrent('by `oompa tasks lint`', async () => {
    const folder = mkdtempSync(join(root, 'lint-'));
    commit(folder, ignored);
    write(folder, bad);
    const before = filesIn(folder);
    const { code, stdout, stderr } = await startCli(folder, ['tasks', 'lint']).ended;
    expect({ code, said: stdout + stderr }).toMatchObject({ code: 1 });
    for (const line of named) expect(stdout + stderr).toMatch(line);
    expect(filesIn(folder)).toEqual(before);
  });

  test.concurrent('by a run, which does all others', async () => {
    const folder = mkdtempSync(join(root, 'run-'));
    commit(folder, ignored);
    write(folder, { ...bad, 'tasks/pending/good.yaml': 'title: Good\n' });
    const { stdout, stderr } = await startCli(folder, ['swarm', '--plain']).ended;
    for (const line of named) expect(stdout).toMatch(line);
    expect(stderr).toBe('');
    const left = filesIn(folder);
    expect(left).toEqual(expect.arrayContaining([...Object.keys(bad), 'tasks/complete/good.yaml', 'good.txt']));
  });
});

function git(folder: string, ...args: readonly string[]): void {
  execFileSync('git', args, { cwd: folder, stdio: 'pipe' });
}

function commit(folder: string, files: Readonly<Record<string, string>>): void {
  git(folder, 'init', '-q', '-b', 'main');
  write(folder, files);
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '-m', 'first');
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** A folder with these programs, and the real git unless there is another. */
function pathWith(name: string, programs: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  write(folder, programs);
  for (const program of Object.keys(programs)) chmodSync(join(folder, program), 0o755);
  mkdirSync(folder, { recursive: true });
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  if (programs['git'] === undefined) symlinkSync(real, join(folder, 'git'));
  return folder;
}

/** All files but those in `.git`, relative. */
function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path !== '.git' && !path.startsWith('.git/')).sort();
}
