import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder in which a CLI keeps what it knows, and the variable that moves it. */
export interface StateFolder {
  readonly variable: string;
  /** Where it is below the user's home when the variable is not set. */
  readonly usual: string;
  /** The folder in it that the CLI uses; '' = itself. */
  readonly own: string;
  /** True when other programs keep theirs in it, too. */
  readonly shared: boolean;
  /** Its name in the state of a slot. */
  readonly name: string;
  /** What a CLI needs of it to work as it does for the user, by name; 'all' = everything but installed packages. */
  readonly copied: readonly string[] | 'all';
}

/**
 * The CLIs that can be given a state of their own. What is not copied: sessions, histories, caches, and what a system's own
 * key store keeps (claude on macOS, codex and gemini where so set): there, a slot's CLI is not logged in.
 * HOME stays: git, ssh and the tools of agents are to find what is the user's.
 */
export const stateFolders: ReadonlyMap<string, readonly StateFolder[]> = new Map([
  // Seen with 1.18.33. `~/.opencode`, where there is one, is read by every start, as it is.
  [
    'opencode',
    [
      xdg('XDG_DATA_HOME', join('.local', 'share'), 'data', ['auth.json', 'mcp-auth.json']),
      xdg('XDG_CONFIG_HOME', '.config', 'config', 'all'),
      // The model that is taken where none is named.
      xdg('XDG_STATE_HOME', join('.local', 'state'), 'state', ['model.json']),
      xdg('XDG_CACHE_HOME', '.cache', 'cache', []),
    ],
  ],
  // Seen with 2.1.329. Plug-ins are not copied: what says where they are names the user's folder.
  [
    'claude',
    [
      {
        ...{ variable: 'CLAUDE_CONFIG_DIR', usual: '.claude', own: '', shared: false, name: '.' },
        copied: [
          ...['.credentials.json', '.claude.json', 'settings.json', 'settings.local.json', 'CLAUDE.md'],
          ...['agents', 'commands', 'hooks', 'output-styles', 'rules', 'skills'],
        ],
      },
    ],
  ],
  // Seen with 0.169.0.
  [
    'codex',
    [
      {
        ...{ variable: 'CODEX_HOME', usual: '.codex', own: '', shared: false, name: '.' },
        copied: [
          ...['auth.json', '.credentials.json', 'config.toml', 'hooks.json', 'AGENTS.md', 'AGENTS.override.md'],
          ...['prompts', 'rules', 'skills'],
        ],
      },
    ],
  ],
  // Seen with 0.61.0: the variable stands for the home folder, and nothing is written beside `.gemini` in it.
  [
    'gemini',
    [
      {
        ...{ variable: 'GEMINI_CLI_HOME', usual: '', own: '.gemini', shared: false, name: '.' },
        copied: [
          ...['oauth_creds.json', 'gemini-credentials.json', 'google_accounts.json', 'mcp-oauth-tokens.json', '.env'],
          ...['settings.json', 'installation_id', 'trustedFolders.json', 'GEMINI.md'],
          ...['agents', 'commands', 'extensions', 'policies', 'skills'],
        ],
      },
    ],
  ],
]);

function xdg(variable: string, usual: string, name: string, copied: StateFolder['copied']): StateFolder {
  return { variable, usual, own: 'opencode', shared: true, name, copied };
}

/** Where the user has it. */
export function usersFolder(folder: StateFolder, env: Readonly<Record<string, string>>): string {
  return given(env[folder.variable]) ?? join(homeOf(env), folder.usual);
}

/** The home folder as a CLI with these variables sees it. */
export function homeOf(env: Readonly<Record<string, string>>): string {
  return given(env['HOME']) ?? homedir();
}

/** To every CLI an empty variable is one that is not set. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
