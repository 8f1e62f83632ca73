import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedCli } from '../../../src/demo/model-server/opencode.ts';

interface Server {
  readonly url: string;
}

/** Prepares claude for a scripted model, with one retry at most and its state under `folder` (claude-code 2.1.329). */
export async function claudeFor(server: Server, folder: string, model = 'scripted'): Promise<ScriptedCli> {
  return {
    env: {
      ...(await ownFolders(folder)),
      CLAUDE_CONFIG_DIR: join(folder, 'claude'),
      CLAUDE_CODE_TMPDIR: join(folder, 'tmp'),
      ANTHROPIC_BASE_URL: server.url,
      ANTHROPIC_API_KEY: 'none',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      DISABLE_AUTOUPDATER: '1',
      // As root it skips permissions only where it is told that this is a sandbox.
      IS_SANDBOX: '1',
    },
    args: [],
    model,
  };
}

/** Prepares codex for a scripted model, with one retry at most and its state under `folder` (codex 0.169.0). */
export async function codexFor(server: Server, folder: string, model = 'scripted'): Promise<ScriptedCli> {
  const home = join(folder, 'codex');
  await mkdir(home, { recursive: true });
  const config = {
    model_provider: 'fake',
    'model_providers.fake.name': 'fake',
    'model_providers.fake.base_url': `${server.url}/v1`,
    'model_providers.fake.env_key': 'FAKE_API_KEY',
    'model_providers.fake.wire_api': 'responses',
    'model_providers.fake.request_max_retries': 1,
    'model_providers.fake.stream_max_retries': 1,
    'model_providers.fake.stream_idle_timeout_ms': 60_000,
    'analytics.enabled': false,
    check_for_update_on_startup: false,
    'feedback.enabled': false,
    'features.plugins': false,
  };
  return {
    env: { ...(await ownFolders(folder)), CODEX_HOME: home, FAKE_API_KEY: 'none' },
    args: Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${JSON.stringify(value)}`]),
    model,
  };
}

/** Prepares gemini for a scripted model, with one retry at most and its state under `folder` (gemini-cli 0.61.0). */
export async function geminiFor(server: Server, folder: string, model = 'gemini-2.5-flash'): Promise<ScriptedCli> {
  const settings = {
    security: { auth: { selectedType: 'gemini-api-key' } },
    general: { disableAutoUpdate: true, maxAttempts: 2 },
  };
  await mkdir(join(folder, '.gemini'), { recursive: true });
  await writeFile(join(folder, '.gemini', 'settings.json'), JSON.stringify(settings));
  return {
    env: {
      ...(await ownFolders(folder)),
      GEMINI_API_KEY: 'none',
      GOOGLE_GEMINI_BASE_URL: server.url,
      GEMINI_TELEMETRY_ENABLED: 'false',
      GEMINI_CLI_NO_RELAUNCH: 'true',
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
    },
    args: [],
    model,
  };
}

/** A home, and a folder for the temporary files that each of them leaves behind. */
async function ownFolders(folder: string) {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  return { HOME: folder, TMPDIR: temporary };
}
