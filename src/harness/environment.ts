/** Variables that are an agent's own business beside those that it inherits. */
export interface OwnVariables {
  /** `harnesses.<name>.env` of the config. */
  readonly configEnv: Readonly<Record<string, string>>;
  /** What oompa itself sets: OOMPA_*, TMPDIR. Wins over everything. */
  readonly own: Readonly<Record<string, string>>;
}

/**
 * What an agent gets to see of the surroundings: an allow-list, without the marks that an agent which started oompa left
 * there, plus the config's variables and oompa's own.
 */
export function agentEnvironment(
  processEnv: Readonly<Record<string, string | undefined>>,
  { configEnv, own }: OwnVariables,
): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(processEnv)) {
    if (value !== undefined && isAllowed(name) && !isLeftBehind(name)) inherited[name] = value;
  }
  return { ...inherited, ...configEnv, ...own };
}

function isAllowed(name: string): boolean {
  return names.has(name) || names.has(name.toUpperCase()) || prefixes.some((prefix) => name.startsWith(prefix));
}

/** Proxies are written in both cases. */
const names: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'SHELL', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TERM', 'TZ', 'TMPDIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
]);

const prefixes = [
  ...['LC_', 'XDG_', 'OOMPA_'],
  ...['ANTHROPIC_', 'CLAUDE_', 'OPENAI_', 'CODEX_', 'OPENCODE_', 'GEMINI_', 'GOOGLE_'],
];

/**
 * Set by opencode, claude and codex for the commands that they run: an agent that sees these believes that it is one. And by an
 * oompa around this one: what carries its marks would be ended with its turns.
 */
function isLeftBehind(name: string): boolean {
  return leftBehind.has(name) || name.startsWith('CLAUDE_CODE_SESSION') || name.startsWith('CODEX_SANDBOX');
}

const leftBehind: ReadonlySet<string> = new Set([
  ...['CLAUDE_CODE_ENTRYPOINT', 'CLAUDE_CODE_SSE_PORT', 'CLAUDE_CODE_EXECPATH', 'CLAUDE_CODE_CHILD_SESSION'],
  ...['CODEX_THREAD_ID', 'CODEX_CI', 'OPENCODE_PID', 'OPENCODE_RUN_ID', 'OPENCODE_PROCESS_ROLE'],
  ...['OOMPA_RUN', 'OOMPA_TURN', 'OOMPA_TASK', 'OOMPA_WORKER', 'OOMPA_SLOT', 'OOMPA_PORT_BASE'],
]);
