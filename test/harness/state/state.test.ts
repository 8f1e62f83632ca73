import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotState, stateMode, type StateOrder } from '../../../src/harness/state/state.ts';

let folder: string;
let home: string;
let slot: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-state-')));
  home = join(folder, 'home');
  slot = join(folder, 'slot');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}

async function ready(harness: string, order: Partial<StateOrder> = {}) {
  const state = await slotState(harness, {
    ...{ mode: 'slot', folder: slot, env: { HOME: home }, configEnv: {}, resumes: false },
    ...order,
  });
  if (state.kind === 'failed') throw new Error(state.detail);
  return state;
}

const inSlot = (path: string) => readFileSync(join(slot, path), 'utf8');

describe('whose state a CLI works with', () => {
  it.each([
    ['opencode', false, 'slot'],
    ['claude', false, 'user'],
    ['codex', false, 'user'],
    ['gemini', false, 'user'],
    ['claude', true, 'slot'],
    ['mine', true, 'user'],
  ] as const)('%s, in a sandbox: %s → %s', (harness, sandboxed, mode) => {
    expect(stateMode(harness, { setting: undefined, sandboxed })).toBe(mode);
  });

  it('is what the config says', () => {
    expect(stateMode('opencode', { setting: 'user', sandboxed: true })).toBe('user');
    expect(stateMode('codex', { setting: 'slot', sandboxed: false })).toBe('slot');
  });
});

describe('the state of a slot', () => {
  it.each([
    ['claude', 'CLAUDE_CONFIG_DIR', '.claude/.credentials.json', '.credentials.json', 'claude'],
    ['claude', 'CLAUDE_CONFIG_DIR', '.claude.json', '.claude.json', 'claude'],
    ['codex', 'CODEX_HOME', '.codex/auth.json', 'auth.json', 'codex'],
    ['gemini', 'GEMINI_CLI_HOME', '.gemini/oauth_creds.json', '.gemini/oauth_creds.json', 'gemini'],
    ['opencode', 'XDG_DATA_HOME', '.local/share/opencode/auth.json', 'opencode/auth.json', 'opencode/data'],
    ['opencode', 'XDG_CONFIG_HOME', '.config/opencode/agents/a.md', 'opencode/agents/a.md', 'opencode/config'],
    ['opencode', 'XDG_STATE_HOME', '.local/state/opencode/model.json', 'opencode/model.json', 'opencode/state'],
  ])(
    'of %s is where %s says, with a copy of ~/%s that nobody else can read',
    async (harness, variable, path, copy, at) => {
      await write(path, 'mine');
      const { env, writable } = await ready(harness);
      expect(env[variable]).toBe(join(slot, at));
      expect(writable).toEqual([join(slot, harness)]);
      const copied = join(slot, at, copy);
      expect(readFileSync(copied, 'utf8')).toBe('mine');
      expect((statSync(copied).mode & 0o777).toString(8)).toBe('600');
      for (let up = dirname(copied); up !== folder; up = dirname(up)) {
        expect((statSync(up).mode & 0o777).toString(8)).toBe('700');
      }
    },
  );

  it('keeps what the CLI has written, until the user’s file changes', async () => {
    await write('.codex/auth.json', 'old');
    await ready('codex');
    await writeFile(join(slot, 'codex/auth.json'), 'renewed by the CLI');
    await ready('codex');
    expect(inSlot('codex/auth.json')).toBe('renewed by the CLI');
    await write('.codex/auth.json', 'new login');
    await ready('codex');
    expect(inSlot('codex/auth.json')).toBe('new login');
  });

  it('takes a change of the same length, made later', async () => {
    await write('.codex/auth.json', 'one');
    await utimes(join(home, '.codex/auth.json'), 1000, 1000);
    await ready('codex');
    await write('.codex/auth.json', 'two');
    await utimes(join(home, '.codex/auth.json'), 2000, 2000);
    await ready('codex');
    expect(inSlot('codex/auth.json')).toBe('two');
  });

  it('loses a copy when the user’s file is gone, and nothing that the CLI has made', async () => {
    await write('.codex/auth.json', 'x');
    await ready('codex');
    await writeFile(join(slot, 'codex/sessions'), 'kept');
    await rm(join(home, '.codex/auth.json'));
    await ready('codex');
    expect(existsSync(join(slot, 'codex/auth.json'))).toBe(false);
    expect(inSlot('codex/sessions')).toBe('kept');
  });

  it('has files where the user has links, and programs that can be run', async () => {
    await write('dotfiles/opencode/opencode.json', '{}');
    await write('dotfiles/opencode/run.sh', '#!/bin/sh');
    await mkdir(join(home, '.config'), { recursive: true });
    await symlink(join(home, 'dotfiles/opencode'), join(home, '.config/opencode'));
    await rm(join(home, 'dotfiles/opencode/run.sh'));
    await writeFile(join(home, 'dotfiles/opencode/run.sh'), '#!/bin/sh', { mode: 0o755 });
    await symlink('/nowhere', join(home, 'dotfiles/opencode/broken'));
    await ready('opencode');
    expect(inSlot('opencode/config/opencode/opencode.json')).toBe('{}');
    expect(statSync(join(slot, 'opencode/config/opencode/run.sh')).mode & 0o777).toBe(0o700);
  });

  it('comes from where the user’s own variables say', async () => {
    await write('elsewhere/opencode/auth.json', 'theirs');
    await write('other/auth.json', 'codex');
    await ready('opencode', { env: { HOME: home, XDG_DATA_HOME: join(home, 'elsewhere') } });
    await ready('codex', { env: { HOME: home, CODEX_HOME: join(home, 'other') } });
    expect(inSlot('opencode/data/opencode/auth.json')).toBe('theirs');
    expect(inSlot('codex/auth.json')).toBe('codex');
  });

  it('is not made for a folder that the config decides on', async () => {
    const configEnv = { XDG_DATA_HOME: '/decided' };
    const { env, writable } = await ready('opencode', { configEnv, env: { HOME: home, ...configEnv } });
    expect(Object.keys(env).sort()).toEqual(['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME']);
    expect(writable).toEqual([join(slot, 'opencode'), '/decided/opencode']);
    expect(existsSync(join(slot, 'opencode/data'))).toBe(false);
  });

  it('is not made where the user’s own is used', async () => {
    const { env, writable } = await ready('claude', { mode: 'user' });
    expect(env).toEqual({});
    expect(writable).toEqual([join(home, '.claude'), join(home, '.claude.json')]);
    expect(existsSync(slot)).toBe(false);
  });

  it('is nothing for a CLI that oompa does not know', async () => {
    expect(await ready('mine')).toEqual({ kind: 'ready', env: {}, writable: [] });
    expect(await ready('toString')).toEqual({ kind: 'ready', env: {}, writable: [] });
  });

  it('begins anew when it has grown too large, unless a session in it goes on', async () => {
    await ready('codex');
    const session = join(slot, 'codex/session');
    await writeFile(session, '');
    await truncate(session, 600_000_000);
    await ready('codex', { resumes: true });
    expect(existsSync(session)).toBe(true);
    await ready('codex');
    expect(existsSync(session)).toBe(false);
  });

  it('says which folder of the user’s is too large to be copied', async () => {
    await write('.codex/prompts/huge', '');
    await truncate(join(home, '.codex/prompts/huge'), 60_000_000);
    const order = { mode: 'slot', folder: slot, env: { HOME: home }, configEnv: {}, resumes: false } as const;
    expect(await slotState('codex', order)).toEqual({
      kind: 'failed',
      detail: `codex's state could not be prepared: ${home}/.codex/prompts/huge and what comes before it is too much to copy; harnesses.codex.state: user does without`,
    });
  });

  it('is written nowhere else, whatever links an agent has left in it', async () => {
    await write('.codex/prompts/one.md', 'one');
    await ready('codex');
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'one.md'), 'not the agent’s');
    await rm(join(slot, 'codex/prompts'), { recursive: true });
    await symlink(elsewhere, join(slot, 'codex/prompts'));
    const order = { mode: 'slot', folder: slot, env: { HOME: home }, configEnv: {}, resumes: false } as const;
    const leadsOut = { kind: 'failed', detail: expect.stringContaining('leads to another place') as unknown };
    await write('.codex/prompts/two.md', 'two');
    expect(await slotState('codex', order)).toMatchObject(leadsOut);
    await rm(join(home, '.codex/prompts'), { recursive: true });
    expect(await slotState('codex', order)).toMatchObject(leadsOut);
    expect(readFileSync(join(elsewhere, 'one.md'), 'utf8')).toBe('not the agent’s');
    expect(existsSync(join(elsewhere, 'two.md'))).toBe(false);
  });

  it('says what the disk refused', async () => {
    await writeFile(slot, 'a file');
    const order = { mode: 'slot', folder: slot, env: { HOME: home }, configEnv: {}, resumes: false } as const;
    expect(await slotState('codex', order)).toMatchObject({
      kind: 'failed',
      detail: expect.stringMatching(/^codex's state could not be prepared: (ENOTDIR|EEXIST).*/) as unknown,
    });
  });
});

describe('the state of a slot of opencode', () => {
  it('leaves all other programs theirs, also what comes and goes', async () => {
    await write('.config/git/config', '[user]');
    await ready('opencode');
    expect(inSlot('opencode/config/git/config')).toBe('[user]');
    await write('.cache/go-build/x', 'cached');
    await rm(join(home, '.config/git'), { recursive: true });
    await ready('opencode');
    expect(inSlot('opencode/cache/go-build/x')).toBe('cached');
    expect(existsSync(join(slot, 'opencode/config/git'))).toBe(false);
  });

  it('says that the plug-in package is there, whatever its version', async () => {
    await ready('opencode');
    const config = 'opencode/config/opencode';
    expect(inSlot(`${config}/package.json`)).toBe('{"dependencies":{"@opencode-ai/plugin":"*"}}');
    expect(inSlot(`${config}/package-lock.json`)).toContain('@opencode-ai/plugin');
    expect((await stat(join(slot, config, 'node_modules'))).isDirectory()).toBe(true);
  });

  it('finds the user’s packages', async () => {
    await write('.config/opencode/package.json', '{"dependencies":{"left-pad":"1"}}');
    await write('.config/opencode/node_modules/left-pad/index.js', 'left');
    await write('.config/opencode/node_modules/@opencode-ai/plugin/index.js', 'plugin');
    await ready('opencode');
    const packages = 'opencode/config/opencode/node_modules';
    expect(inSlot(`${packages}/left-pad/index.js`)).toBe('left');
    expect(inSlot(`${packages}/@opencode-ai/plugin/index.js`)).toBe('plugin');
    expect(inSlot('opencode/config/opencode/package.json')).toBe('{"dependencies":{"left-pad":"1"}}');
    expect(statSync(join(slot, packages, '@opencode-ai')).isDirectory()).toBe(true);
  });

  it('lets opencode install what the user’s plug-ins need and do not have', async () => {
    await write('.config/opencode/plugin/mine.ts', 'import "@opencode-ai/plugin"');
    await ready('opencode');
    expect(existsSync(join(slot, 'opencode/config/opencode/node_modules'))).toBe(false);
    expect(existsSync(join(slot, 'opencode/config/opencode/package.json'))).toBe(false);
  });
});
