import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Agent } from '../config/schema-agents.ts';
import type { AgentRole } from '../core/event.ts';
import { agentEnvironment } from '../harness/environment.ts';
import type { Session } from '../harness/harness.ts';
import { runAgent } from '../harness/run-agent.ts';
import type { Turn } from '../harness/turn.ts';
import type { SwarmContext } from './context.ts';
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
  const turn = await perform(context, order);
  return { ...turn, intrusion: await watch.end(turn) };
}

function transcriptOf(context: SwarmContext, { label }: TurnOrder, part: 'stdout' | 'stderr'): string {
  return join(context.log.folder, 'turns', `${label}.${part}`);
}

/** Runs one agent process in its place and keeps its transcript under `turns/`. Every ending is a value. */
async function perform(context: SwarmContext, order: TurnOrder): Promise<Turn> {
  const { agent, place } = order;
  const { limits } = context.config;
  const settings = context.config.harnesses[agent.harness];
  const promptFile = context.log.writePrompt(order.label, order.prompt);
  return runAgent({
    harness: context.harness(agent.harness),
    request: {
      prompt: order.prompt,
      cwd: place.folder,
      newSessionId: randomUUID(),
      root: process.getuid?.() === 0,
      settings: settings ?? {},
      promptFile,
      ...(agent.model === undefined ? {} : { model: agent.model }),
      ...(agent.effort === undefined ? {} : { effort: agent.effort }),
      ...(order.session === undefined ? {} : { session: order.session }),
    },
    limits: { timeoutMs: limits.turn_timeout, silenceMs: limits.silence, outputBytes: limits.output },
    env: agentEnvironment(context.env, { configEnv: settings?.env ?? {}, own: place.env }),
    transcript: { stdout: transcriptOf(context, order, 'stdout'), stderr: transcriptOf(context, order, 'stderr') },
    signal: order.signal ?? context.shutdown.stopping,
    note: context.processes.as(order.label),
    redact: (text) => context.redact(text),
    onActivity: throttled(context, order.onActivity),
  });
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
