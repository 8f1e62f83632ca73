import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { opencodeFor } from '../../../src/demo/model-server/opencode.ts';
import type { Script } from '../../../src/demo/model-server/script.ts';
import { startModelServer, type ModelServer } from '../../../src/demo/model-server/server.ts';
import { agentEnvironment } from '../../../src/harness/environment.ts';
import type { Harness, Session } from '../../../src/harness/harness.ts';
import { findHarness } from '../../../src/harness/registry.ts';
import { runAgent } from '../../../src/harness/run-agent.ts';
import type { Turn } from '../../../src/harness/turn.ts';
import { allRoutes } from '../../rig/model-servers/all.ts';
import { claudeFor, codexFor, geminiFor } from '../../rig/model-servers/clis.ts';
import type { CliName } from '../../rig/pinned-clis.ts';
import { limits } from '../turns.ts';

/** A user with a CLI that is set up in their home folder, and not by variables: what works has been read from files. */
export interface User {
  readonly folder: string;
  readonly home: string;
  readonly server: ModelServer;
  /** What the user's shell has. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a turn of the CLI in `cwd`, with more variables. */
  turn(order: UserTurn): Promise<Turn>;
  /** Writes a file in the home folder. */
  write(path: string, text: string): Promise<void>;
  /** What the turns have printed so far. */
  printed(): string;
  /** Every file in the home folder, with what is in it. */
  files(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export interface UserTurn {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly session?: Session;
  readonly prompt?: string;
  /** What becomes of the harness before the turn. */
  readonly changed?: (harness: Harness) => Harness;
}

/** To be closed by the test. */
export async function openUser(name: CliName, program: string, script: Script): Promise<User> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-user-')));
  const home = join(folder, 'home');
  const server = await startModelServer({ script, routes: allRoutes });
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  };
  await mkdir(join(folder, 'tmp'), { recursive: true });
  const { model, env: settings } = await setUp[name](server, home, write);
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: join(folder, 'tmp'), ...settings };
  return {
    ...{ folder, home, server, env, write },
    turn: async ({ cwd, session, prompt = 'Do the work.', changed = (harness) => harness, env: more }) => {
      await mkdir(cwd, { recursive: true });
      const id = randomUUID();
      return runAgent({
        harness: changed(findHarness(name, {})!),
        request: {
          ...{ prompt, cwd, model, newSessionId: id, root: process.getuid?.() === 0, settings: { binary: program } },
          promptFile: join(folder, `${id}.md`),
          ...(session === undefined ? {} : { session }),
        },
        limits,
        env: agentEnvironment(env, { configEnv: {}, own: { ...more } }),
        transcript: { stdout: join(folder, `${id}.stdout`), stderr: join(folder, `${id}.stderr`) },
        signal: new AbortController().signal,
        redact: (text) => text,
      });
    },
    printed: () => {
      const transcripts = readdirSync(folder).filter((path) => /\.std(out|err)$/.test(path));
      return transcripts.map((path) => readFileSync(join(folder, path), 'utf8')).join('');
    },
    files: async () => {
      const entries = await readdir(home, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
      const read = paths.map(async (path) => [relative(home, path), await readFile(path, 'latin1')] as const);
      return Object.fromEntries(await Promise.all(read));
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

type SetUp = (
  server: ModelServer,
  home: string,
  write: (path: string, text: string) => Promise<void>,
) => Promise<{ readonly model: string; readonly env: Readonly<Record<string, string>> }>;

/** What each CLI needs to find in the user's folders to reach its model; without it every turn fails. */
const setUp: Readonly<Record<CliName, SetUp>> = {
  opencode: async (server, home, write) => {
    const { env, model } = await opencodeFor(server, join(home, '..', 'unused'));
    const { OPENCODE_CONFIG_CONTENT: config = '', ...more } = env;
    await write('.config/opencode/opencode.json', config);
    await write('.local/share/opencode/auth.json', '{"fake":{"type":"api","key":"none"}}');
    const kept = Object.entries(more).filter(([variable]) => variable.startsWith('OPENCODE_'));
    return { model, env: Object.fromEntries(kept) };
  },
  claude: async (server, home, write) => {
    const { env, model } = await claudeFor(server, join(home, '..', 'unused'));
    const { ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY } = env;
    await write('.claude/settings.json', JSON.stringify({ env: { ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY } }));
    await write('.claude.json', '{"hasCompletedOnboarding":true}');
    return { model, env: {} };
  },
  codex: async (server, home, write) => {
    const { args, model } = await codexFor(server, join(home, '..', 'unused'));
    const config = args.filter((arg) => arg !== '-c' && !arg.includes('env_key'));
    await write(
      '.codex/config.toml',
      [...config, 'model_providers.fake.experimental_bearer_token="none"', ''].join('\n'),
    );
    return { model, env: {} };
  },
  gemini: async (server, home, write) => {
    const { env, model } = await geminiFor(server, home);
    const { GEMINI_API_KEY = '', GOOGLE_GEMINI_BASE_URL = '' } = env;
    await write('.gemini/.env', `GEMINI_API_KEY=${GEMINI_API_KEY}\nGOOGLE_GEMINI_BASE_URL=${GOOGLE_GEMINI_BASE_URL}\n`);
    await rm(join(home, 'tmp'), { recursive: true });
    return { model, env: { GEMINI_TELEMETRY_ENABLED: 'false' } };
  },
};
