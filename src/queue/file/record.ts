import type { Document } from 'yaml';
import { isMap, isScalar } from 'yaml';
import type { TaskRecord } from '../../core/task.ts';
import type { Complain } from './nodes.ts';
import { isNothing, resolved, startOf, textOf } from './nodes.ts';

/** The keys of the `oompa:` block with their types, in the order in which they are written. */
const recordKeys = {
  created_by: 'text',
  outcome: 'text',
  attempts: 'count',
  by: 'text',
  run: 'text',
  rounds: 'count',
  commit: 'text',
  approval: 'text',
  feedback: 'text',
  rescue: 'text',
  question: 'text',
  answer: 'text',
  at: 'text',
} as const satisfies Record<keyof TaskRecord, 'text' | 'count'>;

/** The `oompa:` block as plain values; keys of another version of oompa are kept too. */
export type RecordFields = Readonly<Record<string, unknown>>;

/** Reads the block at `node`. Keys that this version does not know are passed over. */
export function readRecord(document: Document.Parsed, node: unknown, complain: Complain): TaskRecord {
  if (isNothing(node)) return {};
  if (!isMap(node)) {
    complain(startOf(node), '`oompa` is a block that oompa writes; leave it out');
    return {};
  }
  const fields: Record<string, string | number> = {};
  for (const { key, value } of node.items) {
    const name = textOf(key);
    const type = name === undefined ? undefined : typeOf(name);
    if (name === undefined || type === undefined) continue;
    const found = resolved(document, value);
    const field = type === 'text' ? textOf(found) : countOf(found);
    if (field !== undefined) fields[name] = field;
    else complain(startOf(found), `\`oompa.${name}\` takes a ${type === 'text' ? 'text' : 'whole number'}`);
  }
  return fields;
}

/** `record` laid over what the block holds: keys that it does not mention stay; known keys come first, in their order. */
export function mergeRecord(existing: RecordFields, record: TaskRecord): RecordFields {
  const merged: Record<string, unknown> = { ...existing, ...withoutUndefined(record) };
  const known = Object.keys(recordKeys).filter((key) => Object.hasOwn(merged, key));
  const others = Object.keys(merged).filter((key) => typeOf(key) === undefined);
  return Object.fromEntries([...known, ...others].map((key) => [key, merged[key]]));
}

/** What stays of a record when a task starts again: its history, and what was learnt, but no attempts and no outcome. */
export function restarted({ attempts: _attempts, outcome: _outcome, ...rest }: RecordFields): RecordFields {
  return rest;
}

function withoutUndefined(record: TaskRecord): RecordFields {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function typeOf(key: string): 'text' | 'count' | undefined {
  return Object.hasOwn(recordKeys, key) ? recordKeys[key as keyof TaskRecord] : undefined;
}

function countOf(node: unknown): number | undefined {
  const value = isScalar(node) ? node.value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
