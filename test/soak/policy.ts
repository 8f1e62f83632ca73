/** What follows a failed call: the same agent again, with its session or in a new one, or the next agent. */
export type Next = 'again' | 'again-fresh' | 'advance';

/** How often one agent was tried again for one piece of work. */
export interface Made {
  /** In its session, for whatever reason. */
  readonly again: number;
  /** In a new session. */
  readonly fresh: number;
}

/**
 * What the policy says, spelled out once more and not computed from the product's own table: `kind` of failure, agent's CLI, and
 * how many further tries a passing failure is worth.
 */
export function expectedNext(kind: string, harness: string, made: Made, passingTries: number): Next {
  switch (kind) {
    case 'rate-limited':
    case 'overloaded':
    case 'network':
    case 'state-locked':
    case 'mcp-handshake':
      return made.again < passingTries ? 'again' : 'advance';
    case 'timeout':
    case 'silent':
    case 'crashed':
    case 'unknown':
      return made.again === 0 ? 'again' : 'advance';
    case 'no-output':
    case 'no-final-message':
      return made.again === 0 && (harness === 'opencode' || harness === 'gemini') ? 'again' : 'advance';
    case 'session-gone':
    case 'session-in-use':
    case 'context-full':
      return made.fresh === 0 ? 'again-fresh' : 'advance';
    case 'auth':
    case 'quota':
    case 'model-unknown':
    case 'permission-denied':
    case 'state-corrupt':
    case 'output-too-large':
    case 'over-budget':
    case 'not-installed':
    case 'spawn-failed':
      return 'advance';
    case 'attach-unreachable':
      return made.again === 0 && harness === 'opencode' ? 'again' : 'advance';
    default:
      throw new Error(`nobody injects ${kind}`);
  }
}

/** Failures that say nothing about the task, so that they use up none of its attempts. */
export const blamelessKinds: ReadonlySet<string> = new Set([
  ...['auth', 'quota', 'model-unknown', 'state-corrupt', 'rate-limited', 'overloaded', 'network'],
  ...['state-locked', 'mcp-handshake', 'not-installed', 'spawn-failed', 'attach-unreachable'],
]);
