import { type Path, isMap, valueAt } from './finding.ts';

/** One word of the config and where it stands. */
export interface Mention {
  readonly path: Path;
  readonly word: string;
}

/**
 * What the checks that look at more than one place need, read from plain data that may be wrong in any way:
 * whatever has the wrong shape is the schema's to complain about, and is passed over here.
 */
export interface Mentions {
  readonly pools: readonly Mention[];
  readonly harnesses: readonly Mention[];
  readonly promptFiles: readonly Mention[];
}

/** All names of pools, harnesses and prompt files in `data`. */
export function mentionsIn(data: unknown): Mentions {
  const workers = entriesOf(data, ['workers']);
  const roles: Path[] = [['planner'], ['reviewer'], ...workers.flatMap((pool) => [pool, [...pool, 'reviewer']])];
  const agents = roles.flatMap((role) => [role, ...entriesOf(data, [...role, 'fallback'])]);
  return {
    pools: workers.flatMap((pool) => wordAt(data, [...pool, 'name'])),
    harnesses: agents.flatMap((agent) => wordAt(data, [...agent, 'harness'])),
    promptFiles: roles.flatMap((role) => {
      const prompts = [...role, 'prompts'];
      return [prompts, ...entriesOf(data, prompts)].flatMap((path) => wordAt(data, path));
    }),
  };
}

/** The names under `harnesses:`. */
export function declaredHarnesses(data: unknown): string[] {
  const harnesses = valueAt(data, ['harnesses']);
  return isMap(harnesses) ? Object.keys(harnesses) : [];
}

function entriesOf(data: unknown, path: Path): Path[] {
  const list = valueAt(data, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}

function wordAt(data: unknown, path: Path): Mention[] {
  const word = valueAt(data, path);
  return typeof word === 'string' && word.trim() !== '' ? [{ path, word }] : [];
}
