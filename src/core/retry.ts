import type { Failure, FailureKind } from './failure.ts';

/** What an adapter says about trying again; the rest is the same for all CLIs. */
export interface RetryPolicy {
  /** Kinds that are worth another try with this CLI, besides the transient ones. Terminal kinds have no effect here. */
  readonly also: readonly FailureKind[];
  /** Whether a turn of which nothing came, and nobody said why, is worth one more try. */
  readonly whenNothingCame: boolean;
}

/** What to do after a turn that brought no result. */
export type Retry =
  /** Ask the same agent again, `afterMs` from now; `fresh` = in a new session. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly fresh: boolean }
  /** Nothing more is to be had from this agent: the next one of the chain, if there is one. */
  | { readonly kind: 'advance' };

/** Where the tries of one turn stand. */
export interface Tries {
  /** How often this agent was tried again for this turn already. */
  readonly made: number;
  /** Whether one of those was for a lost session, which is replaced once and costs no wait. */
  readonly freshened: boolean;
  /** Milliseconds before each further try after a passing failure; as many tries as entries. */
  readonly backoffMs: readonly number[];
}

/** Kinds that no adapter and no config can open: another try changes nothing, and may do harm. */
export const terminalKinds: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'auth',
  'quota',
  'not-installed',
  'spawn-failed',
  'model-unknown',
  'permission-denied',
  'state-corrupt',
  'output-too-large',
  'over-budget',
  'stopped',
]);

/** Kinds that pass by themselves, whatever the CLI. */
export const transientKinds: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'rate-limited',
  'overloaded',
  'network',
  'state-locked',
  'mcp-handshake',
]);

/** Kinds that took long or tell nothing: one more try, never a series. */
const onceKinds: ReadonlySet<FailureKind> = new Set<FailureKind>(['timeout', 'silent', 'crashed', 'unknown']);

/** Kinds that a new session heals. */
const sessionKinds: ReadonlySet<FailureKind> = new Set<FailureKind>(['session-gone', 'session-in-use', 'context-full']);

/** Kinds that say that nothing came, and not why. */
const nothingKinds: ReadonlySet<FailureKind> = new Set<FailureKind>(['no-output', 'no-final-message']);

/**
 * What comes after this failure. What passes with time is waited for: as long as the provider says, else as long as the
 * back-off does. Whatever else is worth another try gets one, and at once.
 */
export function retryAfter(policy: RetryPolicy, failure: Failure, tries: Tries): Retry {
  const { kind, retryAfterMs } = failure;
  if (terminalKinds.has(kind)) return advance;
  if (sessionKinds.has(kind)) return tries.freshened ? advance : { kind: 'again', afterMs: 0, fresh: true };
  if (transientKinds.has(kind)) {
    const wait = tries.backoffMs[tries.made];
    return wait === undefined ? advance : { kind: 'again', afterMs: retryAfterMs ?? wait, fresh: false };
  }
  const isOpen = nothingKinds.has(kind) ? policy.whenNothingCame : onceKinds.has(kind) || policy.also.includes(kind);
  return isOpen && tries.made === 0 ? { kind: 'again', afterMs: 0, fresh: false } : advance;
}

const advance: Retry = { kind: 'advance' };
