import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Noter } from '../system/process-notes.ts';
import type { AgentCommand, Harness, HarnessSettings } from './harness.ts';
import { runAgent } from './run-agent.ts';
import type { Turn } from './turn.ts';

/** One agent to ask for a word. */
export interface LiveProbe {
  readonly harness: Harness;
  readonly model?: string;
  readonly effort?: string;
  readonly settings: HarnessSettings;
  /** Absolute path of the CLI's program. */
  readonly binary: string;
  /** Absolute path of a folder of its own, which the caller removes: its `repository/` is a git repository already. */
  readonly folder: string;
  /** What relative paths of the config start from; an agent at work finds the same files in its worktree. */
  readonly workspace: string;
  /** All that the agent may see of the surroundings (`agentEnvironment`). */
  readonly env: Readonly<Record<string, string>>;
  readonly root: boolean;
  /** Milliseconds for the whole of it. */
  readonly limitMs: number;
  /** Ends the agent at once. */
  readonly signal: AbortSignal;
  readonly note?: Noter;
  redact(text: string): string;
}

/** What every probed agent is asked. */
const probePrompt = 'Answer with the one word: ready';

/**
 * Runs an agent for real, for one word: a turn like any other, so that it fails the way in which turns of a run would. Calls its
 * model, which costs money.
 */
export async function probeLive(probe: LiveProbe): Promise<Turn> {
  const { folder, limitMs, harness, model, effort, signal, note } = probe;
  const promptFile = join(folder, 'prompt.md');
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  await writeFile(promptFile, probePrompt);
  return runAgent({
    harness: { ...harness, command: (request) => inWorkspace(probe, harness.command(request)) },
    request: {
      prompt: probePrompt,
      cwd: join(folder, 'repository'),
      newSessionId: randomUUID(),
      root: probe.root,
      settings: probe.settings,
      promptFile,
      ...(model === undefined ? {} : { model }),
      ...(effort === undefined ? {} : { effort }),
    },
    limits: { timeoutMs: limitMs, silenceMs: limitMs, outputBytes },
    env: { ...probe.env, TMPDIR: temporary },
    transcript: { stdout: join(folder, 'stdout'), stderr: join(folder, 'stderr') },
    signal,
    graceMs,
    ...(note === undefined ? {} : { note }),
    redact: (text) => probe.redact(text),
  });
}

/** More than any CLI prints for one word. */
const outputBytes = 10_000_000;

/** It has no work that it could lose. */
const graceMs = 1000;

/** The throw-away folder has none of the workspace's files: arguments that name one are made absolute. */
function inWorkspace({ binary, workspace }: LiveProbe, command: AgentCommand): AgentCommand {
  const args = command.args.map((word) =>
    /^[^/-].*\//.test(word) && existsSync(resolve(workspace, word)) ? resolve(workspace, word) : word,
  );
  return { ...command, binary, args };
}
