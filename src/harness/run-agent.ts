import { existsSync } from 'node:fs';
import type { Noter } from '../system/process-notes.ts';
import { readOutput, type AgentOutput } from './agent-output.ts';
import { startAgentProcess, type ProcessExit } from './agent-process.ts';
import { classify, type StopReason } from './failure.ts';
import { emptyReading, type AgentCommand, type Harness, type TurnRequest } from './harness.ts';
import { sessionOf, usageOf } from './settle.ts';
import { openTranscript } from './transcript.ts';
import type { Turn } from './turn.ts';
import { startWatch, type TurnLimits, type Watch } from './watch.ts';

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
  /** Milliseconds between the polite signal and the one that can't be refused; 5000 when not given. */
  readonly graceMs?: number;
  /** Writes the process down for as long as anything of it is there. */
  readonly note?: Noter;
  /** Takes secrets out of what is written or reported. */
  redact(text: string): string;
  /** Is told, in one line, whatever the agent newly does or says. */
  onActivity?(line: string): void;
}

/**
 * Runs one agent process from start to end, and ends whatever it leaves behind: its process group, and everything that
 * inherited the turn's mark. Every way in which that can go is a value.
 */
export async function runAgent(job: AgentJob): Promise<Turn> {
  const startedAt = performance.now();
  const command = job.harness.command(job.request);
  const outcome = job.signal.aborted ? neverStarted : await perform(job, command);
  return settle(job, command, outcome, performance.now() - startedAt);
}

/** All that is known when nothing of the turn is left. */
interface Outcome {
  readonly exit: ProcessExit;
  readonly output: Pick<AgentOutput, 'reading' | 'stderrTail'>;
  readonly stopReason: StopReason | undefined;
}

const neverStarted: Outcome = {
  exit: {},
  output: { reading: () => emptyReading, stderrTail: () => '' },
  stopReason: 'stopped',
};

async function perform(job: AgentJob, command: AgentCommand): Promise<Outcome> {
  const { request, limits, signal } = job;
  const [stdout, stderr] = await Promise.all([
    openTranscript(job.transcript.stdout, limits.outputBytes, (text) => job.redact(text)),
    openTranscript(job.transcript.stderr, limits.outputBytes, (text) => job.redact(text)),
  ]);
  const agent = startAgentProcess(command, {
    cwd: request.cwd,
    env: { ...command.env, ...job.env },
    ...(job.note === undefined ? {} : { note: job.note }),
  });
  const end = () => agent.end(job.graceMs ?? defaultGraceMs);
  let ending = Promise.resolve();
  const watch = startWatch(limits, signal, () => {
    ending = end();
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
  return { exit, output, stopReason: watch.reason() };
}

const defaultGraceMs = 5000;

function listenerOf(
  job: AgentJob,
  watch: Watch,
  transcript: Parameters<typeof readOutput>[2]['transcript'],
): Parameters<typeof readOutput>[2] {
  return {
    harness: job.harness,
    transcript,
    outputBytes: job.limits.outputBytes,
    onProgress: () => watch.progressed(),
    onTooLarge: () => watch.stop('output-too-large'),
    onStuck: () => watch.stop('silent'),
    onActivity: (activity) => job.onActivity?.(job.redact(activity)),
  };
}

function settle(
  job: AgentJob,
  { binary }: AgentCommand,
  { exit, output, stopReason }: Outcome,
  durationMs: number,
): Turn {
  const { harness, request } = job;
  const reading = output.reading(exit.exitCode);
  const ending = classify({
    ...exit,
    ...{ reading, binary, stderrTail: output.stderrTail(), attached: request.settings.attach !== undefined },
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(request.session === undefined ? {} : { resumed: request.session.id }),
    cwdMissing: exit.spawnError !== undefined && !existsSync(request.cwd),
  });
  const session = sessionOf(reading, request.session, ending);
  return {
    ending:
      ending.kind === 'failed'
        ? { kind: 'failed', failure: { ...ending.failure, detail: job.redact(ending.failure.detail) } }
        : ending,
    ...(session === undefined ? {} : { session }),
    usage: usageOf(reading, harness.cumulative, request.session),
    tools: reading.tools,
    durationMs,
    ...(exit.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
  };
}
