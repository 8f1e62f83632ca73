import type { AgentHealth, Out, Verdict } from '../core/health.ts';
import { afterFailure, afterSuccess, healthy, isBack, soundAt, takesOut, verdictOf } from '../core/health.ts';
import { unreachable } from '../core/unreachable.ts';
import type { HealthRecord, Use } from './health-file.ts';
import type { HealthOptions, Lease, LimitChange, NamedAgent } from './health.ts';
import type { Attempt, Wait, WaitEnd } from './line.ts';
import { newLine } from './line.ts';
import type { Store } from './store.ts';

/** Where turns of one agent are lent, in one run. */
export interface Desk {
  admit(signal: AbortSignal, onWait: (wait: Wait) => void): Promise<WaitEnd<Lease>>;
  look(): Promise<Verdict>;
  /** What this run takes of the agent, for other runs to know; undefined when it takes nothing. */
  use(): Use | undefined;
  close(): Promise<void>;
}

interface DeskOptions {
  readonly options: HealthOptions;
  readonly startedAt: number;
  now(): number;
  readonly store: Store;
}

/** How often is looked at what this process is not told of: places that other runs give back, a new login. */
const pollMs = 1000;

/** The longest sleep: a clock may be set, and a machine may sleep too. */
const longestSleepMs = 60_000;

/** Who waits in another run looks every `pollMs`; without a look for so long it does not go on, and no place is kept for it. */
const freshMs = 5 * pollMs;

/** Opens the desk of one agent. */
export function openDesk(agent: NamedAgent, desk: DeskOptions): Desk {
  const { options, startedAt, store } = desk;
  const now = () => desk.now();
  const lent = new Set<Lease>();
  const line = newLine<Lease>({ now, attempt, giveBack: (lease) => lease.abandoned() });
  let out: Out | undefined;
  /** Whether other runs had turns of this agent at work, or somebody waiting, when it was last attempted to lend one. */
  let isContended = false;
  /** Whether the first in line has just got what it waits for: it is no reason to keep others waiting any more. */
  let isServed = false;

  async function attempt(): Promise<Attempt<Lease>> {
    const credentialStamp = await options.credentialStamp(agent.harness);
    return store.change((record) => {
      isContended = record.uses.some((use) => use.agent === agent.key);
      const verdict = verdictFor(record, credentialStamp, line.waitingSince());
      isServed = verdict.kind === 'open';
      return { agents: record.agents, value: attempted(verdict) };
    });
  }

  function attempted(verdict: Verdict): Attempt<Lease> {
    switch (verdict.kind) {
      case 'open':
        return { kind: 'admitted', lease: lend() };
      case 'out':
        return verdict;
      case 'full':
        return { kind: 'shut', wait: { why: 'full', until: undefined }, againMs: isContended ? pollMs : undefined };
      case 'cooling': {
        const { why, until } = verdict;
        const againMs = Math.min(until - now(), why === 'auth' ? pollMs : longestSleepMs);
        return { kind: 'shut', wait: { why, until }, againMs };
      }
      default:
        return unreachable(verdict);
    }
  }

  function verdictFor({ agents, uses }: HealthRecord, credentialStamp: number | undefined, since = now()): Verdict {
    const health = healthIn(agents);
    if (out !== undefined && isBack(out, health, credentialStamp)) out = undefined;
    return verdictOf(health, {
      now: now(),
      inFlight: inFlight(uses) + waitingBefore(uses, since),
      fixedCap: options.fixedCap(agent.harness),
      credentialStamp,
      out,
    });
  }

  function healthIn(agents: HealthRecord['agents']): AgentHealth {
    return soundAt(agents.get(agent.key) ?? healthy, now());
  }

  /** Over all runs. */
  function inFlight(uses: readonly Use[]): number {
    return uses.reduce((sum, use) => sum + (use.agent === agent.key ? use.inFlight : 0), lent.size);
  }

  /** Runs in which somebody has waited for longer: without a place that is kept for each, this run's own would always be first. */
  function waitingBefore(uses: readonly Use[], since: number): number {
    return uses.filter(({ agent: name, waiting }) => {
      return name === agent.key && waiting !== undefined && waiting.since < since && now() - waiting.seen < freshMs;
    }).length;
  }

  function lend(): Lease {
    const began = now();
    const lease: Lease = {
      async succeeded() {
        await end(lease, (health, atWork) => afterSuccess(health, { began, inFlight: atWork }));
      },
      async failed(failure) {
        const credentialStamp = failure.kind === 'auth' ? await options.credentialStamp(agent.harness) : undefined;
        const earlier = { out };
        const [before, after] = await end(lease, (health, atWork) => {
          const next = afterFailure(health, failure, { began, inFlight: atWork, now: now(), credentialStamp });
          earlier.out = out;
          out ??= takesOut(failure, next, { now: now(), startedAt, outageMs: options.outageMs });
          return next;
        });
        if (out === undefined) return barChange(before, after);
        if (earlier.out !== undefined) return undefined;
        return { why: `not asked any more in this run; ${out.why}: ${out.detail}` };
      },
      async abandoned() {
        await end(lease, (health) => health);
      },
    };
    lent.add(lease);
    return lease;
  }

  /** Gives the health before and after. */
  async function end(
    lease: Lease,
    learn: (health: AgentHealth, atWork: number) => AgentHealth,
  ): Promise<readonly [AgentHealth, AgentHealth]> {
    const healths = await store.change(({ agents, uses }) => {
      const before = healthIn(agents);
      const after = learn(before, inFlight(uses));
      lent.delete(lease);
      return { agents: after === before ? agents : withHealth(agents, after), value: [before, after] as const };
    });
    line.call();
    return healths;
  }

  /** Of what is healthy nothing needs to be kept. */
  function withHealth(agents: HealthRecord['agents'], health: AgentHealth): HealthRecord['agents'] {
    const others = [...agents].filter(([key]) => key !== agent.key);
    const isHealthy = health.cap === undefined && health.bar === undefined;
    return new Map(isHealthy ? others : [...others, [agent.key, health]]);
  }

  return {
    admit: (signal, onWait) => line.join(signal, onWait),
    async look() {
      const credentialStamp = await options.credentialStamp(agent.harness);
      return verdictFor(store.look(), credentialStamp);
    },
    use() {
      const since = isContended && !isServed ? line.waitingSince() : undefined;
      if (lent.size === 0 && since === undefined) return undefined;
      const waiting = since === undefined ? {} : { waiting: { since, seen: now() } };
      return { agent: agent.key, inFlight: lent.size, ...waiting };
    },
    async close() {
      await line.close();
      for (const lease of lent) await lease.abandoned();
    },
  };
}

/** What all workers of the run are to know; nothing when a turn ran into the same limit as one before. */
function barChange(before: AgentHealth, after: AgentHealth): LimitChange | undefined {
  const { bar, cap } = after;
  const isNew = cap !== before.cap || (bar !== undefined && (bar.at !== before.bar?.at || bar.why !== before.bar.why));
  if (bar === undefined || !isNew) return undefined;
  const most = cap === undefined || cap === before.cap ? '' : `at most ${cap} at a time from now on; `;
  return { why: `${most}${bar.why}: ${bar.detail}`, until: new Date(bar.until).toISOString() };
}
