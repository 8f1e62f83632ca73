import type { Failure } from '../core/failure.ts';
import type { Verdict } from '../core/health.ts';
import { openDesk } from './desk.ts';
import type { Desk } from './desk.ts';
import type { Wait, WaitEnd } from './line.ts';
import { openStore } from './store.ts';

/** An agent as its health is kept: `key` is its name, `claude sonnet`. */
export interface NamedAgent {
  readonly key: string;
  readonly harness: string;
}

/** The limits of agents, as far as they are known: shared by all workers of a run and, in `.oompa/health.json`, with other runs. */
export interface Health {
  /**
   * Waits until a turn of this agent may begin, first come first served. Never rejects. `onWait` is told what is waited for, once
   * for each new reason.
   */
  admit(
    agent: NamedAgent,
    options: { readonly signal: AbortSignal; readonly onWait: (wait: Wait) => void },
  ): Promise<WaitEnd<Lease>>;
  /** Whether a turn could begin now, without waiting for it. */
  look(agent: NamedAgent): Promise<Verdict>;
  /** Sends those who wait away, and takes back what is still lent. */
  close(): Promise<void>;
}

/** Leave to take one turn. One of the three is called when it has ended. */
export interface Lease {
  succeeded(): Promise<void>;
  /** Gives what this changes for all; undefined when it changes nothing, or an earlier one has changed it already. */
  failed(failure: Failure): Promise<LimitChange | undefined>;
  /** It was not taken, or its end says nothing about the agent. */
  abandoned(): Promise<void>;
}

/** A limit that was met, in one line; `until` is ISO 8601, UTC. */
export interface LimitChange {
  readonly why: string;
  readonly until?: string;
}

/** What the limits of a run are opened with. */
export interface HealthOptions {
  readonly workspace: string;
  readonly run: string;
  /** How long an agent may fail in this run without one success, in milliseconds, before it is not asked any more. */
  readonly outageMs: number;
  now(): Date;
  /** When the credentials of a CLI were last changed, in milliseconds since the epoch; undefined where it has none that are known. */
  credentialStamp(harness: string): Promise<number | undefined>;
  /** The most turns at a time with one model of this CLI that the config allows. */
  fixedCap(harness: string): number | undefined;
  /** Told once, in one line, when nothing can be shared with other runs. The run goes on with what it knows itself. */
  onProblem(message: string): void;
}

/** Opens the limits of agents for one run. Nothing is read or written before an agent is asked for. */
export function openHealth(options: HealthOptions): Health {
  const desks = new Map<string, Desk>();
  const now = () => options.now().getTime();
  const startedAt = now();
  const store = openStore({
    workspace: options.workspace,
    run: options.run,
    now,
    ownUses: () => [...desks.values()].flatMap((desk) => desk.use() ?? []),
    onProblem: (message) => options.onProblem(message),
  });

  function deskOf(agent: NamedAgent): Desk {
    const desk = desks.get(agent.key) ?? openDesk(agent, { options, startedAt, now, store });
    desks.set(agent.key, desk);
    return desk;
  }

  return {
    admit: (agent, { signal, onWait }) => deskOf(agent).admit(signal, onWait),
    look: (agent) => deskOf(agent).look(),
    async close() {
      await Promise.all([...desks.values()].map((desk) => desk.close()));
    },
  };
}
