import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customHarness, type DeclaredHarness } from '../../src/harness/custom.ts';
import type { Harness, TurnRequest } from '../../src/harness/harness.ts';
import { opencode } from '../../src/harness/opencode.ts';
import type { AgentJob } from '../../src/harness/run-agent.ts';
import type { TurnLimits } from '../../src/harness/watch.ts';
import { startFakeAgents, type FakeAgents } from '../rig/fake-agent.ts';

/** A folder to run turns in, and fake agents to run. */
export interface Turns {
  readonly agents: FakeAgents;
  readonly folder: string;
  /** Where the agents work. */
  readonly worktree: string;
  /** A turn of opencode with limits that no test reaches, unless it says otherwise. */
  job(request?: Partial<TurnRequest>, more?: Partial<AgentJob>): AgentJob;
  /** What the last turn has printed so far. */
  transcript(stream: 'stdout' | 'stderr'): string;
  close(): Promise<void>;
}

/** To be closed by the test. */
export async function openTurns(): Promise<Turns> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oompa-turn-')));
  const worktree = join(folder, 'worktree');
  mkdirSync(worktree);
  const agents = await startFakeAgents();
  return {
    ...{ agents, folder, worktree },
    job: (request = {}, more = {}) => ({
      harness: opencode,
      request: {
        prompt: 'Do it.',
        cwd: worktree,
        newSessionId: '00000000-0000-4000-8000-000000000001',
        root: false,
        settings: {},
        promptFile: join(folder, 'prompt.md'),
        ...request,
      },
      limits,
      env: agents.env,
      transcript: { stdout: join(folder, 'stdout'), stderr: join(folder, 'stderr') },
      signal: new AbortController().signal,
      redact: (line) => line,
      ...more,
    }),
    transcript: (stream) => readFileSync(join(folder, stream), 'utf8'),
    close: async () => {
      await agents.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Limits that no test reaches. */
export const limits: TurnLimits = { timeoutMs: 120_000, silenceMs: 120_000, outputBytes: 100_000_000 };

/** A program that prints plain text, or what another CLI would print. */
export function program(command: readonly string[], more: Partial<DeclaredHarness> = {}): Harness {
  return customHarness('mine', { command, prompt: 'stdin', output: 'text', ...more });
}
