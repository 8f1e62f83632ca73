import type { AgentRole, Of } from './asking-events.ts';
import type { MainTaken } from './trespass.ts';

/** The events of agents that went outside their worktrees. */
export interface TrespassEvents {
  /** An agent changed files in a checkout of the user's. For a planner, `task` is empty. */
  'checkout:touched': Of & {
    readonly role: AgentRole;
    readonly checkout: string;
    readonly paths: readonly string[];
    readonly why: string;
  };
  /** An agent moved main itself: nothing is built on that any more. `kept`: the ref that keeps the commit. */
  'main:taken': MainTaken & {
    readonly branch: string;
    readonly from: string;
    readonly to: string;
    readonly kept?: string;
  };
  /** A stash entry that was not the agent's vanished while it worked. */
  'stash:kept': Of & { readonly ref: string; readonly commit: string; readonly message: string };
}
