import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a CLI may have its credentials. A file counts when it holds what `holds` says; without it, when it is not empty. */
interface Places {
  readonly variables: readonly string[];
  files(env: Environment, workspace: string): readonly CredentialFile[];
}

interface CredentialFile {
  readonly path: string;
  readonly holds?: RegExp;
}

/** The variables as the CLI will see them. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where credentials of this CLI were seen: the name of a variable, or the path of a file; never their value. Undefined when
 * none were seen, which proves nothing: some CLIs use the system's key chain, and a proxy may need none.
 */
export async function seenCredentials(
  harness: string,
  { env, workspace }: { readonly env: Environment; readonly workspace: string },
): Promise<string | undefined> {
  const places = placesOf(harness);
  if (places === undefined) return undefined;
  const variable = places.variables.find((name) => (env[name] ?? '').trim() !== '');
  if (variable !== undefined) return variable;
  for (const file of places.files(env, workspace)) if (await isThere(file)) return shown(file.path, env);
  return undefined;
}

/**
 * When the files with credentials of this CLI were last changed, in milliseconds since the epoch: the newest counts. Undefined
 * when there are none, or none that are known.
 */
export async function credentialStamp(
  harness: string,
  { env, workspace }: { readonly env: Environment; readonly workspace: string },
): Promise<number | undefined> {
  const files = placesOf(harness)?.files(env, workspace) ?? [];
  const stamps = await Promise.all(files.map(async (file) => ((await isThere(file)) ? changedAt(file.path) : [])));
  return stamps.flat().reduce<number | undefined>((newest = -Infinity, stamp) => Math.max(newest, stamp), undefined);
}

/** Whether it is known where this CLI keeps its credentials. */
export function keepsCredentials(harness: string): boolean {
  return placesOf(harness) !== undefined;
}

function placesOf(harness: string): Places | undefined {
  return Object.hasOwn(table, harness) ? table[harness] : undefined;
}

/** Seen: claude 2.1.329, codex 0.169.0, opencode 1.18.33, gemini 0.61.0. */
const table: Readonly<Record<string, Places>> = {
  claude: {
    variables: [
      ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
      ...['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX'],
    ],
    files: (env) => [
      { path: join(env['CLAUDE_CONFIG_DIR'] ?? join(home(env), '.claude'), '.credentials.json') },
      { path: join(env['CLAUDE_CONFIG_DIR'] ?? join(home(env), '.claude'), 'settings.json'), holds: /"apiKeyHelper"/ },
    ],
  },
  codex: {
    variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    files: (env) => [
      { path: join(env['CODEX_HOME'] ?? join(home(env), '.codex'), 'auth.json'), holds: /"[^"]+"\s*:/ },
      { path: join(env['CODEX_HOME'] ?? join(home(env), '.codex'), 'config.toml'), holds: /^\s*\[model_providers\./m },
    ],
  },
  opencode: {
    variables: [
      ...['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENCODE_API_KEY'],
      ...['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    ],
    files: (env, workspace) => [
      // An empty object is what a log-out leaves.
      {
        path: join(env['XDG_DATA_HOME'] ?? join(home(env), '.local', 'share'), 'opencode', 'auth.json'),
        holds: /"[^"]+"\s*:/,
      },
      ...openCodeConfigs(env, workspace).map((path) => ({ path, holds: /"provider"\s*:/ })),
    ],
  },
  gemini: {
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'],
    files: (env) => [
      { path: join(home(env), '.gemini', 'oauth_creds.json') },
      { path: join(home(env), '.gemini', '.env'), holds: /^\s*(GEMINI|GOOGLE)_API_KEY\s*=/m },
    ],
  },
};

function openCodeConfigs(env: Environment, workspace: string): string[] {
  const own = join(env['XDG_CONFIG_HOME'] ?? join(home(env), '.config'), 'opencode');
  const named = env['OPENCODE_CONFIG'];
  const inFolders = [own, workspace].flatMap((folder) => [
    join(folder, 'opencode.json'),
    join(folder, 'opencode.jsonc'),
  ]);
  return [...(named === undefined ? [] : [named]), ...inFolders];
}

function home(env: Environment): string {
  return env['HOME'] ?? '/';
}

async function isThere({ path, holds }: CredentialFile): Promise<boolean> {
  try {
    const text = await readFile(path, 'utf8');
    return holds === undefined ? text.trim() !== '' : holds.test(text);
  } catch {
    return false;
  }
}

/** Nothing when it has gone meanwhile. */
async function changedAt(path: string): Promise<number[]> {
  try {
    return [(await stat(path)).mtimeMs];
  } catch {
    return [];
  }
}

function shown(path: string, env: Environment): string {
  const start = env['HOME'];
  return start !== undefined && path.startsWith(join(start, '/')) ? `~${path.slice(start.length)}` : path;
}
