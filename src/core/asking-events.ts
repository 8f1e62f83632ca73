import type { FailureKind } from './failure.ts';

/** Which iteration of which worker an event belongs to. */
export interface Of {
  readonly worker: string;
  readonly task: string;
  /** 1, 2, 3 … for each worker of a run. */
  readonly iteration: number;
}

/** What an agent was asked for. */
export type AgentRole = 'worker' | 'reviewer' | 'planner';

/** A turn's failure, as it was classified. */
export interface FailureNote {
  readonly kind: FailureKind;
  readonly detail: string;
}

/** Who was asked, and for what: `claude sonnet` as a reviewer. */
interface AskedAgent {
  readonly role: AgentRole;
  readonly agent: string;
}

/** The events of asking agents: limits, further tries, chains, budgets. */
export interface AskingEvents {
  /** A turn comes near a limit, and is ended when that is reached. */
  'turn:warned': Of & { readonly why: 'silent' | 'timeout'; readonly leftMs: number };

  /** A turn brought no result and is tried again, `afterMs` from now; `try` is 2 for the first further one. */
  'retry:planned': Of & AskedAgent & { readonly failure: FailureNote; readonly try: number; readonly afterMs: number };
  /** A further try brought a result. */
  'retry:succeeded': Of & AskedAgent & { readonly try: number };
  /** The next agent of the chain is asked, because of what the one before said. */
  'chain:advanced': Of & AskedAgent & { readonly to: string; readonly why: string };
  /** No turn is begun before a limit of its agent's allows it; `until` (ISO 8601, UTC) where that is known. No attempt is used up. */
  'limit:waiting': {
    readonly worker: string;
    /** Empty before a claim. */
    readonly task: string;
    readonly agent: string;
    readonly why: string;
    readonly until?: string;
  };
  /** What is known of an agent's limits has changed, for all workers. */
  'agent:limited': { readonly agent: string; readonly why: string; readonly until?: string };
  /** What may be used is used up: nothing new is begun; with `hard`, what is at work is ended. */
  'budget:reached': {
    readonly scope: 'run' | 'pool' | 'task' | 'turn';
    /** The pool, the task; empty for the run. */
    readonly name: string;
    readonly what: 'cost' | 'tokens' | 'runtime';
    /** US dollars, tokens, milliseconds. */
    readonly limit: number;
    readonly spent: number;
    readonly hard: boolean;
  };
  /** What became of a server that oompa runs for its agents. */
  'server:changed': { readonly harness: string; readonly now: 'ready' | 'lost' | 'given-up'; readonly why: string };
}
