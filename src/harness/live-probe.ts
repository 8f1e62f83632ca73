import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Noter } from '../system/process-notes.ts';
import type { Equipment } from './alone.ts';
import type { Harness } from './harness.ts';
import { runAgent } from './run-agent.ts';
import type { Turn } from './turn.ts';

/** One agent to ask for a word. */
export interface LiveProbe extends Equipment {
  readonly model?: string;
  readonly effort?: string;
  /** Absolute path of a git worktree, which the caller removes. */
  readonly worktree: string;
  /** Absolute path of the folder for temporary files, which the caller removes. */
  readonly temporary: string;
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
  const { worktree, temporary, limitMs, harness, model, effort, signal, note } = probe;
  // Of all that is in the system's temporary folder, a sandbox shows this and the worktree.
  const promptFile = join(temporary, 'prompt.md');
  await writeFile(promptFile, probePrompt);
  return runAgent({
    harness,
    request: {
      prompt: probePrompt,
      cwd: worktree,
      newSessionId: randomUUID(),
      root: probe.root,
      settings: probe.settings,
      promptFile,
      ...(model === undefined ? {} : { model }),
      ...(effort === undefined ? {} : { effort }),
    },
    limits: { timeoutMs: limitMs, silenceMs: limitMs, outputBytes },
    env: probe.env,
    transcript: { stdout: join(temporary, 'stdout'), stderr: join(temporary, 'stderr') },
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

/**
 * The CLI as it is called at work, by the absolute path of its program. A throw-away folder has none of the workspace's files,
 * which an agent at work finds in its worktree: arguments that name one are made absolute.
 */
export function calledFrom(workspace: string, { harness, binary }: { harness: Harness; binary: string }): Harness {
  const absolute = (word: string) =>
    /^[^/-].*\//.test(word) && existsSync(resolve(workspace, word)) ? resolve(workspace, word) : word;
  return {
    ...harness,
    command: (request) => {
      const command = harness.command(request);
      return { ...command, binary, args: command.args.map(absolute) };
    },
  };
}
