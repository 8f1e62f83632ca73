/**
 * Why a turn brought no result: a closed list. `harness/failure.ts` is the one place that decides.
 * Each has a message for people in `ui/`.
 */
export type FailureKind =
  | 'not-installed'
  | 'spawn-failed'
  | 'auth'
  | 'quota'
  | 'rate-limited'
  | 'overloaded'
  | 'network'
  | 'model-unknown'
  | 'context-full'
  | 'session-gone'
  | 'session-in-use'
  | 'permission-denied'
  | 'state-locked'
  | 'attach-unreachable'
  | 'no-output'
  | 'no-final-message'
  | 'output-too-large'
  | 'timeout'
  | 'silent'
  | 'stopped'
  | 'crashed'
  | 'unknown';

/** A failed turn. */
export interface Failure {
  readonly kind: FailureKind;
  /** One line: what was seen, in the CLI's own words where it had any. */
  readonly detail: string;
}

/** Failures that say nothing about the task: the work goes back without using up an attempt. */
export function isInfrastructure(kind: FailureKind): boolean {
  return infrastructure.has(kind);
}

const infrastructure: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'not-installed',
  'spawn-failed',
  'auth',
  'quota',
  'rate-limited',
  'overloaded',
  'network',
  'model-unknown',
  'state-locked',
  'attach-unreachable',
  'stopped',
]);
