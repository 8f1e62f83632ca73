import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { activityOf, progressed } from './fold.ts';
import type { AgentCommand, Harness, Reading, TurnRequest } from './harness.ts';
import { opencode } from './opencode.ts';
import { tellText } from './tell/text.ts';

/** Any agent CLI, as the config declares it under `harnesses:`. */
export interface DeclaredHarness {
  /** The program and its arguments; `{model}`, `{session}` and `{prompt_file}` in them are filled in. */
  readonly command: readonly string[];
  readonly prompt: 'stdin' | 'argument' | 'file';
  readonly output: 'text' | 'opencode' | 'claude' | 'codex';
  /** Added when a session is resumed; `{session}` in them is its id. */
  readonly resume?: readonly string[];
}

/** A harness for a CLI that oompa does not know. */
export function customHarness(name: string, declared: DeclaredHarness): Harness {
  const binary = declared.command[0] ?? name;
  return {
    name,
    binary,
    install: `put ${binary} on the PATH, or change harnesses.${name}.command`,
    ...outputs[declared.output],
    command: (request) => command(binary, declared, request),
  };
}

type Output = Pick<Harness, 'cumulative' | 'reportsCost' | 'retry' | 'read' | 'end' | 'tell'>;

const text: Output = {
  cumulative: { tokens: false, cost: false },
  reportsCost: false,
  // Nothing is known of it, and another try costs the same again.
  retry: { also: [], whenNothingCame: false },
  read: readText,
  end: endText,
  tell: tellText,
};

const outputs: Readonly<Record<DeclaredHarness['output'], Output>> = {
  text,
  opencode: outputOf(opencode),
  claude: outputOf(claude),
  codex: outputOf(codex),
};

function outputOf(known: Harness): Output {
  return {
    cumulative: known.cumulative,
    reportsCost: known.reportsCost,
    retry: known.retry,
    read: (reading, line) => known.read(reading, line),
    end: (reading, exitCode) => known.end(reading, exitCode),
    tell: (line) => known.tell(line),
  };
}

function command(binary: string, declared: DeclaredHarness, request: TurnRequest): AgentCommand {
  const { prompt, promptFile, session, newSessionId, model, settings } = request;
  const words = [
    ...declared.command.slice(1),
    ...(settings.args ?? []),
    ...(session === undefined ? [] : (declared.resume ?? [])),
  ];
  const filled = words.map((word) =>
    word
      .replaceAll('{session}', () => session?.id ?? newSessionId)
      .replaceAll('{model}', () => model ?? '')
      .replaceAll('{prompt_file}', () => promptFile),
  );
  return { binary, args: [...filled, ...promptArguments()], stdin: declared.prompt === 'stdin' ? prompt : '', env: {} };

  function promptArguments(): string[] {
    if (declared.prompt === 'argument') return [prompt];
    return declared.prompt === 'file' && !words.some((word) => word.includes('{prompt_file}')) ? [promptFile] : [];
  }
}

/** The last characters of a plain text output that are kept as the final message: signals and verdicts stand at its end. */
const keptText = 64 * 1024;

function readText(reading: Reading, line: string): Reading {
  const grown = reading.message === undefined ? line : `${reading.message}\n${line}`;
  const message = grown.length > 2 * keptText ? grown.slice(-keptText) : grown;
  return line.trim() === '' ? { ...reading, message } : { ...progressed(reading, activityOf(line)), message };
}

function endText(reading: Reading): Reading {
  return reading.message === undefined
    ? { ...reading, finished: true }
    : { ...reading, finished: true, message: reading.message.slice(-keptText) };
}
