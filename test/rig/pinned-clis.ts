import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** An agent CLI that the end-to-end tests drive. */
export type CliName = 'opencode' | 'claude' | 'codex' | 'gemini';

/** A CLI that is too large, or not free enough, for a dependency: `npm run clis` installs it. */
export interface PinnedCli {
  readonly name: CliName;
  /** The npm package that carries it. */
  readonly package: string;
  /** The exact version that the tests were written against. */
  readonly version: string;
}

/** What `npm run clis` installs. opencode is not here: it is a devDependency. */
export const pinnedClis: readonly PinnedCli[] = [
  { name: 'claude', package: '@anthropic-ai/claude-code', version: '2.1.329' },
  { name: 'codex', package: '@openai/codex', version: '0.169.0' },
  { name: 'gemini', package: '@google/gemini-cli', version: '0.61.0' },
];

const root = join(import.meta.dirname, '..', '..');

/** The git-ignored folder that `npm run clis` installs into, absolute. */
export const clisFolder = join(root, '.clis');

/** The folders that may hold a CLI, in the order of trust: pinned, devDependency, whatever the PATH has. */
export function cliFolders(path: string): readonly string[] {
  const onPath = path.split(delimiter).filter((folder) => isAbsolute(folder));
  return [join(clisFolder, 'node_modules', '.bin'), join(root, 'node_modules', '.bin'), ...onPath];
}

/** The first executable file called `name` in `folders`, or undefined. */
export function findExecutable(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
