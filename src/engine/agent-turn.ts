import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Agent } from '../config/schema-agents.ts';
import type { AgentRole } from '../core/asking-events.ts';
import type { Failure } from '../core/failure.ts';
import { withCost } from '../core/prices.ts';
import type { Session } from '../harness/harness.ts';
import { runAgent } from '../harness/run-agent.ts';
import type { FailureNote } from '../core/asking-events.ts';
import type { Turn } from '../harness/turn.ts';
import type { Grant } from './budgets.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import { equipped } from './equip.ts';
import type { Intrusion } from './guard/guard.ts';
import type { Place } from './place.ts';

/** One turn to take. */
export interface TurnOrder {
  readonly role: AgentRole;
  readonly of: { readonly worker: string; readonly task: string; readonly iteration: number };
  readonly agent: Agent;
  readonly prompt: string;
  readonly place: Place;
  /** Resumed when given. */
  readonly session?: Session;
  /** Names the transcript files: `builders-1-i4-t2`. */
  readonly label: string;
  /** Ends the agent at once; that of the run when left out. */
  readonly signal?: AbortSignal;
  /** What the turn may use. */
  readonly grant: Grant;
  readonly onActivity?: (text: string) => void;
}

/** A turn, and what its agent did outside of its worktree; nothing, as a rule. */
export type GuardedTurn = Turn & { readonly intrusion: Intrusion | undefined };

/** Takes a turn, with a look before and after at all that an agent can reach and must not touch. */
export async function takeTurn(context: SwarmContext, order: TurnOrder): Promise<GuardedTurn> {
  const { role, of, place, agent } = order;
  const settings = context.config.harnesses[agent.harness];
  const isUnknownCli = settings !== undefined && 'command' in settings;
  const transcript = transcriptOf(context, order, 'stdout');
  const watch = await context.guard.begin({ role, of, place, transcript, isUnknownCli });
  const done = await perform(context, order);
  const turn = { ...done, usage: withCost(done.usage, context.config.prices, agent.model) };
  return { ...turn, intrusion: await watch.end(turn) };
}

function transcriptOf(context: SwarmContext, { label }: TurnOrder, part: 'stdout' | 'stderr'): string {
  return join(context.log.folder, 'turns', `${label}.${part}`);
}

/** Runs one agent process in its place and keeps its transcript under `turns/`. Every ending is a value. */
async function perform(context: SwarmContext, order: TurnOrder): Promise<Turn> {
  const { agent, place, grant } = order;
  const { limits, prices } = context.config;
  const promptFile = context.log.writePrompt(order.label, order.prompt);
  return equipped(context, { agent, place, resumes: order.session !== undefined }, ({ harness, settings, env }) =>
    runAgent({
      ...{ harness, env },
      request: {
        prompt: order.prompt,
        cwd: place.folder,
        newSessionId: randomUUID(),
        root: process.getuid?.() === 0,
        ...{ settings, promptFile },
        ...(agent.model === undefined ? {} : { model: agent.model }),
        ...(agent.effort === undefined ? {} : { effort: agent.effort }),
        ...(order.session === undefined ? {} : { session: order.session }),
      },
      limits: {
        timeoutMs: limits.turn_timeout,
        silenceMs: limits.silence,
        outputBytes: limits.output,
        budget(usage) {
          // The signal ends it: what others use can pass the limit too.
          grant.used(withCost(usage, prices, agent.model));
          return false;
        },
      },
      transcript: { stdout: transcriptOf(context, order, 'stdout'), stderr: transcriptOf(context, order, 'stderr') },
      signal: order.signal ?? context.shutdown.stopping,
      overBudget: grant.over,
      note: context.processes.as(order.label),
      redact: (text) => context.redact(text),
      onActivity: throttled(context, order.onActivity),
      onWarning: ({ kind, leftMs }) => {
        tell(context, { type: 'turn:warned', ...order.of, why: kind, leftMs });
      },
    }),
  );
}

/** At most one report a second; the first comes at once. */
function throttled(context: SwarmContext, report: ((text: string) => void) | undefined): (text: string) => void {
  let last = -Infinity;
  return (text) => {
    const now = context.clock();
    if (report === undefined || now - last < 1000) return;
    last = now;
    report(text);
  };
}

/** Names the transcripts of a turn: `builders-1-i4-t2`, and with a number behind it when it is tried again. */
export function labelOf(turn: string, number: number): string {
  return number === 1 ? turn : `${turn}-${String(number)}`;
}

/** A failure as events tell it. */
export function noteOf({ kind, detail }: Failure): FailureNote {
  return { kind, detail };
}
