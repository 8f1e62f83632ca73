import { setTimeout as pause } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import { openCoprocess } from './coprocess.ts';
import type { Coprocess } from './coprocess.ts';
import { isTransient } from './git.ts';

/** One part of a transaction. `from` is what the ref has to be before; `absent` = it must not exist; left out = anything. */
export type RefChange =
  | { readonly ref: string; readonly to: string; readonly from?: string }
  | { readonly delete: string; readonly from?: string }
  | { readonly verify: string; readonly is: string };

/** What a transaction gave: all of it was done, or nothing was. */
export type TransactionResult = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly detail: string };

/** Moves refs, several at once, by compare-and-swap. */
export interface Refs {
  transaction(changes: readonly RefChange[]): Promise<TransactionResult>;
  close(): Promise<void>;
}

/** For `from` and `is`: the ref does not exist. */
export const absent = '0'.repeat(40);

/** Opens a writer by `git update-ref --stdin`: one process for a run, one transaction at a time. */
export function openRefs(repositoryRoot: string): Refs {
  const coprocess = openCoprocess(repositoryRoot, ['update-ref', '-m', 'oompa', '--stdin']);
  const mutex = new Mutex();
  return {
    transaction: (changes) => mutex.runExclusive(() => transact(coprocess, changes)),
    close: () => mutex.runExclusive(() => coprocess.close()),
  };
}

const retryWaits: readonly number[] = [20, 80, 320];

async function transact(coprocess: Coprocess, changes: readonly RefChange[]): Promise<TransactionResult> {
  const bad = changes.flatMap(badPart)[0];
  if (bad !== undefined) return { kind: 'refused', detail: `not a ref or an object id: ${JSON.stringify(bad)}` };
  const text = ['start', ...changes.flatMap(linesOf), 'prepare', 'commit', ''].join('\n');
  for (const wait of retryWaits) {
    const result = await once(coprocess, text);
    if (result.kind === 'done' || !isTransient(result.detail)) return result;
    await pause(wait);
  }
  return once(coprocess, text);
}

/** A refusal ends the process (`fatal: prepare: …`, git 2.39); the next transaction gets a new one. */
async function once(coprocess: Coprocess, text: string): Promise<TransactionResult> {
  const answer = await coprocess.ask(text, 3);
  if (answer.kind === 'answered' && answer.lines[2] === 'commit: ok') return { kind: 'done' };
  const detail = answer.kind === 'answered' ? answer.lines.join('; ') : answer.stderr.trim();
  return { kind: 'refused', detail: detail.replace(/^fatal: /, '') || 'git update-ref ended without a word' };
}

function linesOf(change: RefChange): string[] {
  if ('to' in change) {
    if (change.from === absent) return [...optionOf(change.ref), `create ${change.ref} ${change.to}`];
    const from = change.from === undefined ? [] : [change.from];
    return [...optionOf(change.ref), ['update', change.ref, change.to, ...from].join(' ')];
  }
  if ('delete' in change) {
    const from = change.from === undefined ? [] : [change.from];
    return [...optionOf(change.delete), ['delete', change.delete, ...from].join(' ')];
  }
  // Without a value: it must not exist (whatever the length of the repository's object ids).
  const is = change.is === absent ? [] : [change.is];
  return [...optionOf(change.verify), ['verify', change.verify, ...is].join(' ')];
}

/** A branch may be a symbolic ref of the user's; oompa's own refs are not, and one that an agent made must lead nowhere. */
function optionOf(ref: string): string[] {
  return ref.startsWith('refs/oompa/') ? ['option no-deref'] : [];
}

/** The protocol is made of lines: a name that holds a blank or a line break would be another command. */
function badPart(change: RefChange): string[] {
  const ref = 'to' in change ? change.ref : 'delete' in change ? change.delete : change.verify;
  const oids = 'to' in change ? [change.to, change.from] : 'delete' in change ? [change.from] : [change.is];
  const badRef = /^refs\/[^\s\p{Cc}~^:?*[\\"]+$/u.test(ref) ? [] : [ref];
  return [...badRef, ...oids.filter((oid) => oid !== undefined && !/^[0-9a-f]{40,64}$/.test(oid)).map(String)];
}
