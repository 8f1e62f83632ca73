import type { RetryPolicy } from '../core/retry.ts';
import type { TranscriptEntry } from '../core/transcript.ts';
import type { Usage } from '../core/usage.ts';

/** A conversation of the CLI's own that a later turn resumes. */
export interface Session {
  readonly id: string;
  /** Running totals as last reported, for CLIs whose figures grow over the session; subtracted from the next report. */
  readonly totals: Usage;
}

/** What oompa asks of a CLI for one turn. */
export interface TurnRequest {
  readonly prompt: string;
  /** Absolute path of the worktree that the agent works in. */
  readonly cwd: string;
  readonly model?: string;
  readonly effort?: string;
  /** Resumed when given; a new session otherwise. */
  readonly session?: Session;
  /** A fresh v4 UUID for CLIs whose caller chooses the id of a new session. */
  readonly newSessionId: string;
  /** True when oompa runs as root: some CLIs need to be told. */
  readonly root: boolean;
  /** The user's settings for this harness (`harnesses.<name>` in the config). */
  readonly settings: HarnessSettings;
  /** Absolute path of a file that holds the prompt, for CLIs declared with `prompt: file`. */
  readonly promptFile: string;
}

/** `harnesses.<name>` of the config, as far as an adapter needs it. */
export interface HarnessSettings {
  readonly binary?: string;
  readonly args?: readonly string[];
  readonly attach?: string;
}

/** A process to start; never through a shell. */
export interface AgentCommand {
  readonly binary: string;
  readonly args: readonly string[];
  /** What goes to standard input, which is then closed. Empty = closed at once. */
  readonly stdin: string;
  /** Variables that this CLI needs; those of the user's surroundings and of the config's `env:` win over them. */
  readonly env: Readonly<Record<string, string>>;
}

/** A failure that the CLI itself reported in its structured output. */
export interface ReportedFailure {
  readonly message: string;
  /** HTTP status of the provider, where the CLI tells it. */
  readonly status?: number;
  /** The CLI's own word for it: an error name, a terminal reason. */
  readonly code?: string;
  /** How long the provider asked to wait, in milliseconds, where the CLI tells it. */
  readonly retryAfterMs?: number;
}

/** What has been read from a CLI's output so far. A fold: `read(reading, line)` gives the next one. */
export interface Reading {
  /** The session that the CLI says it works in. */
  readonly session?: string;
  /** Text of the final message as far as it is known; undefined = none yet. Only this counts for signals and verdicts. */
  readonly message?: string;
  /** Which message that text is of, for CLIs that print one message in several lines. */
  readonly messageId?: string;
  /** True once the CLI's own terminal event was seen and it said that all went well. */
  readonly finished: boolean;
  /** The last failure that the CLI reported and did not recover from. */
  readonly failure?: ReportedFailure;
  readonly usage: Usage;
  /** One line on what the agent is doing, for people. */
  readonly activity?: string;
  /** How many lines were retry noise, and how many were progress. */
  readonly retries: number;
  readonly progress: number;
  /** Tool calls that the CLI has shown, those of its subagents too; 0 = it showed none, which says nothing about what it did. */
  readonly tools: number;
}

/** Where every reading starts. */
export const emptyReading: Reading = {
  finished: false,
  usage: { input: 0, output: 0 },
  retries: 0,
  progress: 0,
  tools: 0,
};

/** A coding-agent CLI: some facts, and functions that are pure but for the one that looks after its sessions. */
export interface Harness {
  readonly name: string;
  /** The program looked for on PATH when the settings name none. */
  readonly binary: string;
  /** How to install it; for `oompa doctor`. */
  readonly install: string;
  /** Which figures are running totals of the session (seen: codex tokens, claude cost). */
  readonly cumulative: { readonly tokens: boolean; readonly cost: boolean };
  /** Whether it tells what its turns cost, where it knows the price; else the config's `prices` count. */
  readonly reportsCost: boolean;
  /** Which failures of this CLI are worth another try. */
  readonly retry: RetryPolicy;
  command(request: TurnRequest): AgentCommand;
  /** Reads one line of standard output. Never throws; a line that it does not know changes nothing. */
  read(reading: Reading, line: string): Reading;
  /** Completes the reading when the output has ended: for plain text, and for CLIs whose exit code says more than their output. */
  end(reading: Reading, exitCode: number | undefined): Reading;
  /** Sees to it that a session can be resumed once more, after a turn that has; `env` is what the CLI was started with. */
  keepSession?(session: string, env: Readonly<Record<string, string>>): Promise<void>;
  /** What one line of standard output tells a person; nothing for many lines, and never the same of two. Never throws. */
  tell(line: string): readonly TranscriptEntry[];
}
