import { resolve } from 'node:path';
import { type Diagnostic, placeAt } from '../core/diagnostic.ts';
import { nearest } from '../core/nearest.ts';
import type { NotifyTarget } from '../core/notice.ts';
import { filledIn, variablesIn } from '../core/variables.ts';
import { type Finding, type Path, valueAt } from './finding.ts';
import type { LoadedConfig } from './load.ts';
import { locate } from './locate.ts';
import { parseYaml } from './parse.ts';
import { shownPath } from './read.ts';
import { isWebAddress } from './schema-notify.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong with the addresses and headers under `notify:` once their variables are filled in: a variable that is not
 * set, or one that makes no address or header. Shows no variable's value.
 */
export function notifyProblems(
  { path, text, config }: Pick<Extract<LoadedConfig, { kind: 'loaded' }>, 'path' | 'text' | 'config'>,
  workspace: string,
  env: Env,
): Diagnostic[] {
  if (!config.notify.some(usesVariables)) return [];
  const file = shownPath(workspace, resolve(workspace, path));
  const parsed = parseYaml(text, file);
  if (parsed.kind === 'problems') return [...parsed.problems];
  const entries: unknown = valueAt(parsed.data, ['notify']);
  const findings = (Array.isArray(entries) ? entries : []).flatMap((entry, index) =>
    entryFindings(entry, ['notify', index], env),
  );
  return findings.map((finding) => {
    const { message, hint } = finding;
    const place = placeAt(text, ...locate(parsed.document, finding));
    return { file, place, message, ...(hint === undefined ? {} : { hint }) };
  });
}

function usesVariables(target: NotifyTarget): boolean {
  return (
    target.kind === 'webhook' &&
    [target.url, ...Object.values(target.headers)].flatMap((each) => variablesIn(each)).length > 0
  );
}

function entryFindings(entry: unknown, path: Path, env: Env): Finding[] {
  const headers = valueAt(entry, ['headers']);
  const names = typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];
  return [
    ...valueFindings(entry, ['webhook'], path, env),
    ...names.flatMap((name) => valueFindings(entry, ['headers', name], path, env)),
  ];
}

function valueFindings(entry: unknown, keys: Path, path: Path, env: Env): Finding[] {
  const value = valueAt(entry, keys);
  if (typeof value !== 'string') return [];
  const at = { path: [...path, ...keys], at: 'value' } as const;
  const name = `\`${String(keys.at(-1))}\``;
  const isSet = (variable: string) => (env[variable] ?? '') !== '';
  const unset = variablesIn(value).filter((variable) => !isSet(variable));
  if (unset.length > 0) {
    return unset.map((variable) => {
      const meant = nearest(variable, Object.keys(env).filter(isSet));
      const hint = meant === undefined ? 'set it before the run is started' : `did you mean \`${meant}\`?`;
      return { ...at, message: `${name} needs the variable \`${variable}\`, which is not set`, hint };
    });
  }
  const filled = filledIn(value, env);
  const isFit = keys[0] === 'webhook' ? isWebAddress(filled) : headerValue.test(filled);
  const what = keys[0] === 'webhook' ? 'address such as https://hooks.example/oompa' : 'header';
  return isFit ? [] : [{ ...at, message: `${name} makes no ${what} once its variables are filled in` }];
}

/** What HTTP allows, without the edges of what servers take. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
