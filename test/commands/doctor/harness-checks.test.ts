import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { harnessChecks } from '../../../src/commands/doctor/harness-checks.ts';
import { cli, configOf, temporaryFolder, writeFiles } from '../temporary.ts';

const limitMs = 20_000;

describe('harnessChecks', () => {
  it('tells version, time and where the credentials are', async () => {
    const folder = temporaryFolder({ 'bin/codex': cli('codex-cli 0.169.0') });
    const [check, ...others] = await checksOf(
      folder,
      { workers: [{ name: 'a', harness: 'codex' }] },
      { OPENAI_API_KEY: 'x' },
    );
    expect(check?.status).toBe('ok');
    expect(check?.text).toMatch(/^codex 0\.169\.0 · answered in \d+(\.\d)? s · credentials in OPENAI_API_KEY$/);
    expect(others).toEqual([]);
  });

  it('sees credentials that only the config gives', async () => {
    const folder = temporaryFolder({ 'bin/claude': cli('2.1.329 (Claude Code)') });
    const config = {
      workers: [{ name: 'a', harness: 'claude' }],
      harnesses: { claude: { env: { ANTHROPIC_API_KEY: 'x' } } },
    };
    expect((await checksOf(folder, config))[0]).toMatchObject({ status: 'ok' });
  });

  it('warns, and no more, when no credentials are seen', async () => {
    const folder = temporaryFolder({ 'bin/gemini': cli('0.61.0') });
    expect(await checksOf(folder, { workers: [{ name: 'a', harness: 'gemini' }] })).toEqual([
      { status: 'warn', text: 'gemini 0.61.0 · no credentials seen; is it logged in?' },
    ]);
  });

  it('warns when claude runs as root, and says that oompa copes', async () => {
    const folder = temporaryFolder({ 'bin/claude': cli('2.1.329 (Claude Code)') });
    const config = configOf({ workers: [{ name: 'a', harness: 'claude' }] });
    const env = { PATH: join(folder, 'bin'), HOME: folder, ANTHROPIC_API_KEY: 'x' };
    expect(await harnessChecks(config, { env, workspace: folder, root: true, limitMs })).toEqual([
      {
        status: 'warn',
        text: 'claude 2.1.329 · running as root: its bypass needs IS_SANDBOX=1, which oompa sets',
      },
    ]);
  });

  it('fails when a CLI is missing, with who needs it and what to do', async () => {
    expect(await checksOf(temporaryFolder(), { workers: [{ name: 'fast', harness: 'codex' }] })).toEqual([
      {
        status: 'fail',
        text: 'codex: `codex` is not on PATH, pool `fast` needs it',
        hint: 'npm install -g @openai/codex, or remove what needs it',
      },
    ]);
  });

  it('fails when a CLI breaks on its version', async () => {
    const folder = temporaryFolder({ 'bin/codex': '#!/bin/sh\necho "no such library" >&2\nexit 3\n' });
    const [check] = await checksOf(folder, { workers: [{ name: 'a', harness: 'codex' }] });
    expect(check?.status).toBe('fail');
    expect(check?.text).toContain('no such library');
  });

  it('fails when a CLI does not answer in time', async () => {
    const folder = temporaryFolder({ 'bin/codex': '#!/bin/sh\nexec /bin/sleep 600\n' });
    const config = configOf({ workers: [{ name: 'a', harness: 'codex' }] });
    const env = { PATH: join(folder, 'bin'), HOME: folder };
    const [check] = await harnessChecks(config, { env, workspace: folder, root: false, limitMs: 200 });
    expect(check).toMatchObject({
      status: 'fail',
      hint: `see for yourself: ${join(folder, 'bin', 'codex')} --version`,
    });
    expect(check?.text).toContain('did not answer within 0.2 s');
  });

  it('says where a CLI of the config is, and does not call it', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'bin/agent': `#!/bin/sh\ntouch ${folder}/called\n` });
    const config = {
      workers: [{ name: 'a', harness: 'mine' }],
      harnesses: { mine: { command: ['bin/agent'], prompt: 'stdin', output: 'text' } },
    };
    expect(await checksOf(folder, config)).toEqual([
      { status: 'ok', text: `mine: found at ${join(folder, 'bin', 'agent')}` },
    ]);
    expect(existsSync(join(folder, 'called'))).toBe(false);
  });

  it('does not guess about a login where the agent is asked anyway', async () => {
    const folder = temporaryFolder({ 'bin/gemini': cli('0.61.0') });
    const config = configOf({ workers: [{ name: 'a', harness: 'gemini' }] });
    const env = { PATH: join(folder, 'bin'), HOME: folder };
    const [check] = await harnessChecks(config, { env, workspace: folder, root: false, limitMs, isAsked: true });
    expect(check?.status).toBe('ok');
  });

  it('asks the server that opencode attaches to whether it is there, and nothing about credentials', async () => {
    const folder = temporaryFolder({ 'bin/opencode': cli('1.18.33') });
    const server = createServer((_request, response) => response.end('{"healthy":true,"version":"1.18.33"}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const attach = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = { workers: [{ name: 'a', harness: 'opencode' }], harnesses: { opencode: { attach } } };
    try {
      expect((await checksOf(folder, config))[0]).toMatchObject({ status: 'ok' });
    } finally {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
    expect((await checksOf(folder, config))[0]).toMatchObject({
      status: 'fail',
      text: expect.stringContaining(`opencode 1.18.33 · ${attach}`) as string,
    });
  });
});

function checksOf(folder: string, config: object, env: NodeJS.ProcessEnv = {}) {
  const seen = { PATH: join(folder, 'bin'), HOME: temporaryFolder(), ...env };
  return harnessChecks(configOf(config), { env: seen, workspace: folder, root: false, limitMs });
}
