import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { type Finding, type Path, isMap, valueAt } from './finding.ts';
import { keysAt } from './schema-keys.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found in `data`, in the words of a person. `schema` is its JSON Schema, which lists all keys. */
export function findingsOf(issues: readonly Issue[], data: unknown, schema: object): Finding[] {
  const located = issues.flatMap((issue) => innermost(issue, []));
  const unknown = located.flatMap(({ issue, path }) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey([...path, key], data, schema)) : [],
  );
  const mistyped = new Set(unknown.map(({ meant }) => pathId(meant)));
  const known = located.filter(({ issue }) => issue.code !== 'unrecognized_keys');
  const missing = known.filter(({ path }) => isMissing(path, data) && !mistyped.has(pathId(path)));
  const bad = known.filter(({ path }) => !isMissing(path, data));
  return [
    ...unknown.map(({ finding }) => finding),
    ...perMap(missing).map((group) => missingKeys(group, schema)),
    ...bad.map(({ issue, path }) => badValue(issue, path, valueAt(data, path))),
  ];
}

interface LocatedIssue {
  readonly issue: Issue;
  readonly path: Path;
}

/** Where several forms are allowed, the one that the writer evidently meant is the one whose inside is complained about. */
function innermost(issue: Issue, above: Path): LocatedIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((inner) =>
      inner.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'),
    );
    if (meant !== undefined) return meant.flatMap((one) => innermost(one, path));
  }
  return [{ issue, path }];
}

/** `meant` is the path of the key that was probably meant. */
function unknownKey(path: Path, data: unknown, schema: object): { finding: Finding; meant: Path } {
  const key = String(path.at(-1));
  const around = path.slice(0, -1);
  const written = valueAt(data, around);
  const free = keysAt(schema, around).filter((known) => !isMap(written) || !Object.hasOwn(written, known));
  const meant = nearest(key, free);
  const finding: Finding = { path, at: 'key', message: `unknown key \`${key}\``, ...didYouMean(meant) };
  return { finding, meant: [...around, meant ?? key] };
}

/** The keys that are missing in one map. */
type MissingGroup = readonly [LocatedIssue, ...LocatedIssue[]];

function perMap(missing: readonly LocatedIssue[]): MissingGroup[] {
  const groups = new Map<string, [LocatedIssue, ...LocatedIssue[]]>();
  for (const one of missing) {
    const around = pathId(one.path.slice(0, -1));
    const group = groups.get(around);
    if (group === undefined) groups.set(around, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function missingKeys(group: MissingGroup, schema: object): Finding {
  const [{ path, issue }] = group;
  const keys = group.map((one) => `\`${String(one.path.at(-1))}\``);
  const message =
    keys.length === 1
      ? `${keys.join('')} is missing here; it ${issue.message}`
      : `${keys.slice(0, -1).join(', ')} and ${String(keys.at(-1))} are missing here`;
  const [top, name] = path;
  const meant = top === 'harnesses' ? nearest(String(name), keysAt(schema, ['harnesses'])) : undefined;
  return { path, at: 'map', message, ...didYouMean(meant) };
}

function badValue(issue: Issue, path: Path, value: unknown): Finding {
  if (issue.code === 'invalid_key') {
    return { path, at: 'key', message: `\`${String(path.at(-1))}\` ${issue.issues[0]?.message ?? 'is not a key'}` };
  }
  return { path, at: 'value', message: `${nameOf(path)} ${complaint(issue, value)}`, ...remedy(issue, value) };
}

function complaint({ code, message }: Issue, value: unknown): string {
  if (value === null) return `has no value; it ${message}`;
  const rightShape = code === 'custom' && typeof value === 'object';
  return rightShape ? message : `${message}, not ${shown(value)}`;
}

function remedy(issue: Issue, value: unknown): { hint?: string } {
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    return didYouMean(nearest(value, issue.values.map(String)));
  }
  const unquoted = typeof value === 'number' || typeof value === 'boolean';
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string' && !issue.message.includes('such as');
  return unquoted && wantsText ? { hint: `as text: "${String(value)}"` } : {};
}

function didYouMean(meant: string | undefined): { hint?: string } {
  return meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` };
}

function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the config';
  if (typeof last !== 'number') return `\`${String(last)}\``;
  const list = path.findLast((step) => typeof step === 'string');
  return `each entry of \`${String(list)}\``;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return typeof value;
  const start = Array.from(value).slice(0, 40).join('');
  return JSON.stringify(start === value ? value : `${start}…`);
}

function isMissing(path: Path, data: unknown): boolean {
  const key = path.at(-1);
  const around = valueAt(data, path.slice(0, -1));
  return key !== undefined && isMap(around) && !Object.hasOwn(around, key);
}

function pathId(path: Path): string {
  return JSON.stringify(path.map(String));
}
