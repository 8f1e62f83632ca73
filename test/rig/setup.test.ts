import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';

it('gives each test file a home of its own, with nothing of the real one', () => {
  expect(dirname(homedir())).toBe(tmpdir());
  expect(readdirSync(homedir())).toEqual(['.gitconfig']);
});

it('gives git an identity and a main branch, with or without our environment', () => {
  const ask = (env: NodeJS.ProcessEnv, ...key: string[]) =>
    execFileSync('git', ['config', '--get', ...key], { env, cwd: homedir(), encoding: 'utf8' }).trim();
  const bare = { PATH: process.env['PATH'], HOME: homedir() };
  for (const env of [process.env, bare]) {
    expect(ask(env, 'user.name')).toBe('Test Owner');
    expect(ask(env, 'init.defaultBranch')).toBe('main');
    expect(ask(env, '--type=bool', 'commit.gpgSign')).toBe('false');
  }
});

it('keeps keys and settings of the person who runs the tests away from them', () => {
  const names = Object.keys(process.env);
  expect(
    names.filter((name) => /^(CLAUDE|OPENCODE|CODEX_|GEMINI_|ANTHROPIC_|OPENAI_|GOOGLE_|XDG_)/.test(name)),
  ).toEqual([]);
  expect(names.filter((name) => name.startsWith('GIT_')).sort()).toEqual(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM']);
  expect(existsSync(process.env['GIT_CONFIG_GLOBAL'] ?? '')).toBe(true);
});
