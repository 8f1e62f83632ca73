import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seenCredentials } from '../../../src/commands/doctor/credentials.ts';
import { temporaryFolder } from '../temporary.ts';

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
