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
