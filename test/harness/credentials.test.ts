import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { credentialStamp, seenCredentials } from '../../src/harness/credentials.ts';
import { temporaryFolder } from '../commands/temporary.ts';

describe('seenCredentials', () => {
  it.each([
    ['claude', 'ANTHROPIC_API_KEY'],
    ['claude', 'ANTHROPIC_AUTH_TOKEN'],
    ['claude', 'CLAUDE_CODE_OAUTH_TOKEN'],
    ['codex', 'OPENAI_API_KEY'],
    ['codex', 'CODEX_API_KEY'],
    ['opencode', 'ANTHROPIC_API_KEY'],
    ['gemini', 'GEMINI_API_KEY'],
    ['gemini', 'GOOGLE_API_KEY'],
  ])('sees those of %s in %s, and gives the name only', async (harness, variable) => {
    const workspace = temporaryFolder();
    const env = { HOME: workspace, [variable]: 'secret' };
    expect(await seenCredentials(harness, { env, workspace })).toBe(variable);
    expect(await seenCredentials(harness, { env: { ...env, [variable]: ' ' }, workspace })).toBeUndefined();
  });

  it.each([
    ['claude', '.claude/.credentials.json', '{"claudeAiOauth":{}}'],
    ['codex', '.codex/auth.json', '{"OPENAI_API_KEY":"x"}'],
    ['codex', '.codex/config.toml', 'model = "x"\n[model_providers.local]\n'],
    ['opencode', '.local/share/opencode/auth.json', '{"anthropic":{"type":"api"}}'],
    ['opencode', '.config/opencode/opencode.json', '{"provider":{"local":{}}}'],
    ['gemini', '.gemini/oauth_creds.json', '{"access_token":"x"}'],
    ['gemini', '.gemini/.env', 'GEMINI_API_KEY=x\n'],
  ])('sees those of %s in ~/%s', async (harness, path, text) => {
    const home = temporaryFolder({ [path]: text });
    const seen = await seenCredentials(harness, { env: { HOME: home }, workspace: temporaryFolder() });
    expect(seen).toBe(`~/${path}`);
  });

  it.each([
    ['claude', 'CLAUDE_CONFIG_DIR', '.credentials.json', '{"a":1}'],
    ['codex', 'CODEX_HOME', 'auth.json', '{"a":1}'],
    ['opencode', 'XDG_DATA_HOME', 'opencode/auth.json', '{"a":1}'],
    ['opencode', 'XDG_CONFIG_HOME', 'opencode/opencode.jsonc', '// mine\n{"provider": {}}'],
  ])('looks for those of %s where %s says', async (harness, variable, path, text) => {
    const folder = temporaryFolder({ [path]: text });
    const home = temporaryFolder();
    const env = { HOME: home, [variable]: folder };
    expect(await seenCredentials(harness, { env, workspace: home })).toBe(join(folder, path));
  });

  it('sees the providers of a workspace of opencode', async () => {
    const workspace = temporaryFolder({ 'opencode.json': '{"provider":{"local":{}}}' });
    const env = { HOME: temporaryFolder() };
    expect(await seenCredentials('opencode', { env, workspace })).toBe(join(workspace, 'opencode.json'));
  });

  it('takes what a log-out leaves for nothing', async () => {
    const home = temporaryFolder({
      '.local/share/opencode/auth.json': '{}\n',
      '.codex/auth.json': '{}',
      '.claude/.credentials.json': '',
    });
    for (const harness of ['opencode', 'codex', 'claude']) {
      expect(await seenCredentials(harness, { env: { HOME: home }, workspace: home })).toBeUndefined();
    }
  });

  it('knows nothing of other CLIs', async () => {
    const home = temporaryFolder();
    for (const harness of ['my-agent', 'constructor']) {
      const env = { HOME: home, OPENAI_API_KEY: 'x' };
      expect(await seenCredentials(harness, { env, workspace: home })).toBeUndefined();
    }
  });
});

describe('credentialStamp', () => {
  const stamp = (harness: string, home: string) => credentialStamp(harness, { env: { HOME: home }, workspace: home });
  const setTime = (home: string, path: string, seconds: number) => utimesSync(join(home, path), seconds, seconds);

  it('is the time of the newest file with credentials, and moves with a new login', async () => {
    const [own, helper] = ['.claude/.credentials.json', '.claude/settings.json'];
    const home = temporaryFolder({ [own]: '{"claudeAiOauth":{}}', [helper]: '{"apiKeyHelper":"key"}' });
    setTime(home, own, 1000);
    setTime(home, helper, 2000);
    expect(await stamp('claude', home)).toBe(2_000_000);
    setTime(home, own, 3000.5);
    expect(await stamp('claude', home)).toBe(3_000_500);
  });

  it('passes over files that hold no credentials', async () => {
    const home = temporaryFolder({ '.codex/auth.json': '{"tokens":{}}', '.codex/config.toml': 'model = "x"\n' });
    setTime(home, '.codex/auth.json', 1000);
    expect(await stamp('codex', home)).toBe(1_000_000);
  });

  it('is undefined where there are none, and for CLIs of which nothing is known', async () => {
    const home = temporaryFolder({ '.codex/auth.json': '{}' });
    expect(await stamp('codex', home)).toBeUndefined();
    expect(await stamp('my-agent', home)).toBeUndefined();
    expect(await stamp('constructor', home)).toBeUndefined();
  });
});
