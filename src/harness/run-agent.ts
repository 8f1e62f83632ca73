import { existsSync } from 'node:fs';
import type { Noter } from '../system/process-notes.ts';
import { isComplete, readOutput, type AgentOutput } from './agent-output.ts';
import { startAgentProcess, type ProcessExit } from './agent-process.ts';
import { classify, isCertain, type TurnEvidence } from './failure.ts';
import { emptyReading, type AgentCommand, type Harness, type Reading, type TurnRequest } from './harness.ts';
import { sessionOf, usageOf } from './settle.ts';
import { openTranscript } from './transcript.ts';
import type { Turn } from './turn.ts';
import { startWatch, type EndReason, type StopSignal, type TurnLimits, type TurnWarning, type Watch } from './watch.ts';
import { sinceLastChange } from './worktree-activity.ts';

/** One turn to run. */
export interface AgentJob {
  readonly harness: Harness;
  readonly request: TurnRequest;
  readonly limits: TurnLimits;
  /** All that the agent may see of the surroundings (`agentEnvironment`); wins over what the adapter sets. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute paths of the files that take the output. */
  readonly transcript: { readonly stdout: string; readonly stderr: string };
  /** Ends the agent at once. */
  readonly signal: AbortSignal;
  /** The same, because what the run may use is used up. */
  readonly overBudget?: AbortSignal;
  /** Milliseconds between the polite signal and the one that can't be refused; 5000 when not given. */
  readonly graceMs?: number;
  /** Writes the process down for as long as anything of it is there. */
  readonly note?: Noter;
  /** Takes secrets out of what is written or reported. */
  redact(text: string): string;
  /** Is told, in one line, whatever the agent newly does or says. */
  onActivity?(line: string): void;
  /** Is told when the time limit, or the end of the agent's patience with silence, is near. */
  onWarning?(warning: TurnWarning): void;
}

/**
 * Runs one agent process from start to end, and ends whatever it leaves behind: its process group, and everything that
 * inherited the turn's mark. Every way in which that can go is a value.
 */
export async function runAgent(job: AgentJob): Promise<Turn> {
  const startedAt = performance.now();
  const command = job.harness.command(job.request);
  const refused = stopSignals(job).find(({ signal }) => signal.aborted);
  const outcome = refused === undefined ? await perform(job, command) : neverStarted(refused.reason);
  return settle(job, command, outcome, performance.now() - startedAt);
}

function stopSignals({ signal, overBudget }: AgentJob): readonly StopSignal[] {
  return [
    { signal, reason: 'stopped' },
    ...(overBudget === undefined ? [] : [{ signal: overBudget, reason: 'over-budget' } as const]),
  ];
}

/** All that is known when nothing of the turn is left. */
interface Outcome {
  readonly exit: ProcessExit;
  readonly output: Omit<AgentOutput, 'drained'>;
  readonly endReason: EndReason | undefined;
}

function neverStarted(endReason: EndReason): Outcome {
  return {
    exit: {},
    output: { reading: () => emptyReading, isComplete: () => false, stderrTail: () => '' },
    endReason,
  };
}

async function perform(job: AgentJob, command: AgentCommand): Promise<Outcome> {
  const { request, limits } = job;
  const [stdout, stderr] = await Promise.all([
    openTranscript(job.transcript.stdout, limits.outputBytes, (text) => job.redact(text)),
    openTranscript(job.transcript.stderr, limits.outputBytes, (text) => job.redact(text)),
  ]);
  const env = { ...command.env, ...job.env };
  const agent = startAgentProcess(command, {
    cwd: request.cwd,
    env,
    ...(job.note === undefined ? {} : { note: job.note }),
  });
  const end = () => agent.end(job.graceMs ?? defaultGraceMs);
  let ending = Promise.resolve();
  const watch = startWatch(limits, stopSignals(job), {
    onStop: () => {
      ending = end();
    },
    onWarning: (warning) => job.onWarning?.(warning),
    sinceChange: () => sinceLastChange(request.cwd),
  });
  const output = readOutput(agent.stdout, agent.stderr, listenerOf(job, watch, { stdout, stderr }));

  const exit = await agent.exited;
  watch.end();
  await ending;
  // After a clean exit too: a server that the agent started must not outlive the turn.
  await end();
  await agent.release(output.drained);
  await output.drained;
  await Promise.all([stdout.close(), stderr.close()]);
  if (request.session !== undefined) await job.harness.keepSession?.(request.session.id, env);
  return { exit, output, endReason: watch.reason() };
}

const defaultGraceMs = 5000;

function listenerOf(
  job: AgentJob,
  watch: Watch,
  transcript: Parameters<typeof readOutput>[2]['transcript'],
): Parameters<typeof readOutput>[2] {
  const { harness, limits, request } = job;
  const endIfCertain = (reading: Reading, stderrTail: string): void => {
    if (!isComplete(reading) && isCertain(reading, stderrTail) !== undefined) watch.stop('certain');
  };
  return {
    harness,
    transcript,
    outputBytes: limits.outputBytes,
    onProgress: () => watch.progressed(),
    onTooLarge: () => watch.stop('output-too-large'),
    onStuck: () => watch.stop('silent'),
    onActivity: (activity) => job.onActivity?.(job.redact(activity)),
    onLine: (reading, before, stderrTail) => {
      watch.printed(isComplete(reading));
      // Only a new report can be news: to look through standard error after each of very many lines would take long.
      if (reading.failure !== undefined && reading.failure !== before.failure) endIfCertain(reading, stderrTail);
      // What is complete is paid for already.
      if (isComplete(reading) || reading.usage === before.usage) return;
      if (limits.budget?.(usageOf(reading, harness.cumulative, request.session)) === true) watch.stop('over-budget');
    },
    onStderr: endIfCertain,
  };
}

function settle(
  job: AgentJob,
  { binary }: AgentCommand,
  { exit, output, endReason }: Outcome,
  durationMs: number,
): Turn {
  const { harness, request } = job;
  const recovered = isRecovered(endReason, output);
  const judged = recovered ? { exitCode: 0 } : { ...exit, ...stoppedFor(endReason) };
  const reading = output.reading(judged.exitCode);
  const ending = classify({
    ...judged,
    ...{ reading, binary, stderrTail: output.stderrTail(), attached: request.settings.attach !== undefined },
    ...(request.session === undefined ? {} : { resumed: request.session.id }),
    cwdMissing: exit.spawnError !== undefined && !existsSync(request.cwd),
    nowMs: Date.now(),
  });
  const session = sessionOf(reading, request.session, ending);
  return {
    ending:
      ending.kind === 'failed'
        ? { kind: 'failed', failure: { ...ending.failure, detail: job.redact(ending.failure.detail) } }
        : { ...ending, ...(recovered ? { recovered } : {}) },
    ...(session === undefined ? {} : { session }),
    usage: usageOf(reading, harness.cumulative, request.session),
    tools: reading.tools,
    durationMs,
    ...(exit.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
  };
}

/**
 * Whether oompa ended a CLI that had nothing left to do but to exit: whatever the reason was, its work counts as if it had.
 * Of one that printed too much the last lines were thrown away, so nobody knows.
 */
function isRecovered(endReason: EndReason | undefined, output: Pick<AgentOutput, 'isComplete'>): boolean {
  return endReason !== undefined && endReason !== 'output-too-large' && output.isComplete();
}

/** One that was taken for finished, and went on working as it was being ended, had been silent for that long. */
function stoppedFor(endReason: EndReason | undefined): Pick<TurnEvidence, 'stopReason'> {
  if (endReason === undefined) return {};
  return { stopReason: endReason === 'finished' ? 'silent' : endReason };
}
