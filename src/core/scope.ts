/** Whether `pattern` (a glob, relative to the workspace) names `path`; given by the edge. */
export type PathMatcher = (pattern: string, path: string) => boolean;

/** What is wrong with a set of changed paths. */
export interface Offences {
  /** Touched, though `protect` names them. */
  readonly protected: readonly string[];
  /** Touched, though the task's `files` do not name them. */
  readonly outside: readonly string[];
}

/** Checks a diff against the config's `protect` and the task's `files` (empty = anything). */
export function findOffences(
  paths: readonly string[],
  rules: { readonly protect: readonly string[]; readonly files: readonly string[] },
  matches: PathMatcher,
): Offences {
  const isProtected = (path: string) => rules.protect.some((pattern) => matches(pattern, path));
  const isInside = (path: string) => rules.files.length === 0 || rules.files.some((pattern) => matches(pattern, path));
  return {
    protected: paths.filter(isProtected),
    outside: paths.filter((path) => !isProtected(path) && !isInside(path)),
  };
}

/**
 * The paths that a command names literally, as a word of its own: `./check.sh`, `node "scripts/verify.js"`. Whoever may change
 * such a file can make every check pass.
 */
export function namedIn(commands: readonly string[], paths: readonly string[]): string[] {
  const words = new Set(commands.flatMap((command) => command.split(/[\s'"`;|&()<>=]+/)).map(withoutDot));
  return paths.filter((path) => words.has(path));
}

function withoutDot(word: string): string {
  return word.replace(/^(\.\/)+/, '');
}

/** Whether a symbolic link at `path` with this target leads out of the repository. */
export function leadsOut(path: string, target: string): boolean {
  if (/^([/\\]|[A-Za-z]:)/.test(target)) return true;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    depth += part === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

/** What the agent is told, or undefined when nothing is wrong. */
export function offenceText(offences: Offences): string | undefined {
  const parts: string[] = [];
  if (offences.protected.length > 0) {
    parts.push(`These files are protected; put them back as they were on main:\n${list(offences.protected)}`);
  }
  if (offences.outside.length > 0) {
    parts.push(`The task may not touch these files; put them back as they were on main:\n${list(offences.outside)}`);
  }
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

function list(paths: readonly string[]): string {
  return paths.map((path) => `- ${path}`).join('\n');
}
