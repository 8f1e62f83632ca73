/**
 * Why a turn brought no result: a closed list. `harness/failure.ts` is the one place that decides.
 * Each has a message for people in `ui/`.
 */
export type FailureKind =
  /** The program is not there. */
  | 'not-installed'
  /** The program is there, or its worktree is not, and the system would not start it. */
  | 'spawn-failed'
  /** The login is missing, or was refused. */
  | 'auth'
  /** What was paid for is used up: money, or the share of a subscription. It comes back late or never. */
  | 'quota'
  /** Too many requests for now: the same one is welcome in seconds or minutes. */
  | 'rate-limited'
  /** The provider has trouble of its own. */
  | 'overloaded'
  /** The provider can't be reached, or its answer did not arrive whole. */
  | 'network'
  /** The provider does not have this model, or not for this account. */
  | 'model-unknown'
  /** The conversation is too long for the model. */
  | 'context-full'
  /** The session to resume is not there, or another one was begun instead. */
  | 'session-gone'
  /** The id of a new session is taken. */
  | 'session-in-use'
  /** The CLI would not let the agent do what it wanted, and that ended the turn. */
  | 'permission-denied'
  /** Another process holds the CLI's own database. */
  | 'state-locked'
  /** The CLI's own state or settings can't be read: no further try heals that. */
  | 'state-corrupt'
  /** A tool server (MCP) of the CLI's did not come up, and the CLI would not go on without it. */
  | 'mcp-handshake'
  /** The server to attach to is not there. */
  | 'attach-unreachable'
  /** It exited well, and printed nothing that shows work. */
  | 'no-output'
  /** It exited well or said why not, and its last message is blank, cut off or missing. */
  | 'no-final-message'
  /** oompa ended it: it printed more than it may. */
  | 'output-too-large'
  /** oompa ended it: the turn took longer than it may. */
  | 'timeout'
  /** oompa ended it: it made no progress for too long, and said nothing of why. */
  | 'silent'
  /** oompa ended it: a hard cap of the budget was reached. */
  | 'over-budget'
  /** oompa ended it: the run is stopping. */
  | 'stopped'
  /** It exited with a failure, or was ended from outside, without a word that is understood. */
  | 'crashed'
  /** It said what failed, in words that are of no other kind; a model that refuses to answer is one of these. */
  | 'unknown';

/** A failed turn. */
export interface Failure {
  readonly kind: FailureKind;
  /** One line: what was seen, in the CLI's own words where it had any. */
  readonly detail: string;
  /** How long the provider asked to wait, in milliseconds from the end of the turn; missing where it named no time. */
  readonly retryAfterMs?: number;
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
  'state-corrupt',
  'mcp-handshake',
  'attach-unreachable',
  'stopped',
]);
