import type { Document } from 'yaml';
import { isMap, isScalar } from 'yaml';
import type { KeptSession, TaskRecord } from '../../core/task.ts';
import { isSessionId } from '../../core/task.ts';
import { unreachable } from '../../core/unreachable.ts';
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
  session: 'session',
  at: 'text',
} as const satisfies Record<keyof TaskRecord, FieldType>;

type FieldType = 'text' | 'count' | 'session';

/** The `oompa:` block as plain values; keys of another version of oompa are kept too. */
export type RecordFields = Readonly<Record<string, unknown>>;

/** Reads the block at `node`. Keys that this version does not know are passed over. */
export function readRecord(document: Document.Parsed, node: unknown, complain: Complain): TaskRecord {
  if (isNothing(node)) return {};
  if (!isMap(node)) {
    complain(startOf(node), '`oompa` is a block that oompa writes; leave it out');
    return {};
  }
  const fields: Record<string, string | number | KeptSession> = {};
  for (const { key, value } of node.items) {
    const name = textOf(key);
    const type = name === undefined ? undefined : typeOf(name);
    if (name === undefined || type === undefined) continue;
    const found = resolved(document, value);
    const field = fieldOf(type, found, document);
    if (field !== undefined) fields[name] = field;
    else complain(startOf(found), `\`oompa.${name}\` takes ${typeNames[type]}`);
  }
  return fields;
}

const typeNames: Readonly<Record<FieldType, string>> = {
  text: 'a text',
  count: 'a whole number',
  session: 'a map of `harness`, `id` and `worker`; leave it out, and the task begins anew',
};

function fieldOf(type: FieldType, node: unknown, document: Document.Parsed): string | number | KeptSession | undefined {
  switch (type) {
    case 'text':
      return textOf(node);
    case 'count':
      return countOf(node);
    case 'session':
      return sessionOf(node, document);
    default:
      return unreachable(type);
  }
}

/** A session that a CLI may be handed; keys that this version does not know are passed over. */
function sessionOf(node: unknown, document: Document.Parsed): KeptSession | undefined {
  if (!isMap(node)) return undefined;
  const at = (key: string) =>
    resolved(document, node.items.find((pair) => textOf(resolved(document, pair.key)) === key)?.value);
  const [harness, model, id, worker] = [
    textOf(at('harness')),
    textOf(at('model')),
    textOf(at('id')),
    textOf(at('worker')),
  ];
  if (harness === undefined || worker === undefined || id === undefined || !isSessionId(id)) return undefined;
  const totals = { input: amountOf(at('input')), output: amountOf(at('output')), cost_usd: amountOf(at('cost_usd')) };
  return { harness, ...(model === undefined ? {} : { model }), id, worker, ...withoutUndefined(totals) };
}

/** `record` laid over what the block holds: keys that it does not mention stay; known keys come first, in their order. */
export function mergeRecord(existing: RecordFields, record: TaskRecord): RecordFields {
  const merged: Record<string, unknown> = { ...existing, ...withoutUndefined(fitRecord(record)) };
  const known = Object.keys(recordKeys).filter((key) => Object.hasOwn(merged, key));
  const others = Object.keys(merged).filter((key) => typeOf(key) === undefined);
  return Object.fromEntries([...known, ...others].map((key) => [key, merged[key]]));
}

/** What stays of a record when a task starts again: its history, and what was learnt, but no attempts and no outcome. */
export function restarted({ attempts: _attempts, outcome: _outcome, ...rest }: RecordFields): RecordFields {
  return rest;
}

/** What stays when an attempt has ended with `record`: a session is used up, and a new question has no answer yet. */
export function afterAttempt({ session: _session, ...rest }: RecordFields, { question }: TaskRecord): RecordFields {
  if (question === undefined) return rest;
  const { answer: _answer, ...unanswered } = rest;
  return unanswered;
}

/** A session that nobody could resume is not written: its file would be unreadable. */
function fitRecord({ session, ...rest }: TaskRecord): TaskRecord {
  return session === undefined || !isSessionId(session.id) ? rest : { ...rest, session };
}

function withoutUndefined<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

function typeOf(key: string): FieldType | undefined {
  return Object.hasOwn(recordKeys, key) ? recordKeys[key as keyof TaskRecord] : undefined;
}

function countOf(node: unknown): number | undefined {
  const value = isScalar(node) ? node.value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function amountOf(node: unknown): number | undefined {
  const value = isScalar(node) ? node.value : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
