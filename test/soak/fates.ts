/** What can become of one call of an agent; the names of failures are those that oompa should find. */
export type Fate =
  | Answer
  | Oddity
  | Failure
  /** The same failure, without a word of when to come back: its agent is not asked for seconds or minutes. */
  | 'bare-quota'
  | 'bare-rate-limit'
  | 'bare-overload'
  /** Ended by a signal of its own making. */
  | 'killed'
  /** As silent as `silent`, and does not hear a polite signal. */
  | 'stubborn';

/** It does what it was asked for; `well` = the work is done, or approved. */
export type Answer = 'well' | 'rambles' | 'waits' | 'needs-changes' | 'rejects' | 'ambiguous';

/**
 * It answers well, and leaves something behind: a process, one that holds its output, or itself; or it is the last that its
 * program does: that vanishes, or can't be started any more.
 */
export type Oddity = 'child' | 'holds-output' | 'finished' | 'vanishes' | 'locks';

type Failure =
  | Unstarted
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
  | 'mcp-handshake'
  | 'state-locked'
  | 'state-corrupt'
  | 'no-output'
  | 'no-final-message'
  | 'output-too-large'
  | 'timeout'
  | 'silent'
  | 'over-budget'
  | 'stopped'
  | 'crashed'
  | 'unknown';

/** Its process is never started. */
export type Unstarted = 'not-installed' | 'spawn-failed' | 'attach-unreachable';

/** What oompa must make of a call; `kind` is that of a failure. */
export type Ending =
  { readonly ending: 'answered'; readonly recovered: boolean } | { readonly ending: 'failed'; readonly kind: string };

/** What oompa must make of a call with this fate. */
export function endingOf(fate: string): Ending {
  if (answers.has(fate)) return { ending: 'answered', recovered: fate === 'finished' };
  return { ending: 'failed', kind: otherNames[fate] ?? fate };
}

/** What a reviewer's answer must be taken for. */
export function verdictOf(fate: string): string {
  return verdicts[fate] ?? 'approved';
}

const answers: ReadonlySet<string> = new Set<Answer | Oddity>([
  ...(['well', 'rambles', 'waits', 'needs-changes', 'rejects', 'ambiguous'] as const),
  ...(['child', 'holds-output', 'finished', 'vanishes', 'locks'] as const),
]);

const otherNames: Readonly<Record<string, string>> = {
  'bare-quota': 'quota',
  'bare-rate-limit': 'rate-limited',
  'bare-overload': 'overloaded',
  killed: 'crashed',
  stubborn: 'silent',
};

const verdicts: Readonly<Record<string, string>> = {
  'needs-changes': 'needs-changes',
  rejects: 'rejected',
  ambiguous: 'ambiguous',
};
