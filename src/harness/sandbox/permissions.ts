import type { StateMode } from '../state/state.ts';

/** What is in force for a CLI. */
export interface Permissions {
  /** True when oompa runs as root. */
  readonly root: boolean;
  readonly sandbox: { readonly use: 'none' | 'bwrap'; readonly network: boolean };
  readonly state: StateMode;
}

/** What a CLI may do, and where it keeps its state: one line, for people. */
export function permissionSummary(harness: string, { root, sandbox, state }: Permissions): string {
  const reach =
    sandbox.use === 'none'
      ? 'its commands can do all that you can'
      : `in bubblewrap: writes nothing but its worktree, git’s objects, the branches of its run and its state; network ${sandbox.network ? 'on' : 'off'}`;
  const kept = state === 'slot' ? 'state of its own for each worker' : 'state in your own folders';
  return `${harness} ${ownMechanism(harness, root)}; ${reach}; ${kept}`;
}

/** What the adapters tell each CLI, so that it never waits for an answer. */
function ownMechanism(harness: string, root: boolean): string {
  switch (harness) {
    case 'opencode':
      return 'asks nothing, and refuses paths outside the worktree that it is shown';
    case 'claude':
      return `asks nothing (--dangerously-skip-permissions${root ? ', IS_SANDBOX=1 as root' : ''})`;
    case 'codex':
      return 'asks nothing (--dangerously-bypass-approvals-and-sandbox)';
    case 'gemini':
      return 'asks nothing (-y)';
    default:
      return 'does as its own settings say';
  }
}
