import type { TranscriptEntry } from '../../core/transcript.ts';
import type { Usage } from '../../core/usage.ts';
import { emptyReading, type Reading, type ReportedFailure } from '../harness.ts';
import { asObject, listAt, parseObject, textAt, type JsonObject } from '../json.ts';

/** Tells of one event; `reading` is what the adapter reads in this line alone. */
export type TellEvent = (event: JsonObject, reading: Reading) => readonly TranscriptEntry[];

/** The `tell` of a CLI that prints one JSON object a line. */
export function telling(
  read: (reading: Reading, line: string) => Reading,
  tell: TellEvent,
): (line: string) => readonly TranscriptEntry[] {
  return (line) => {
    const event = parseObject(line);
    return event === undefined ? strayLine(line) : tell(event, read(emptyReading, line));
  };
}

/** Between the events stand warnings of the runtime, and what is left of a line that was cut for its length. */
function strayLine(line: string): TranscriptEntry[] {
  if (line.trim() === '') return [];
  if (!line.trimStart().startsWith('{')) return [noteOf(line)];
  return [noteOf(`a line of ${String(line.length)} characters that can't be read`)];
}

/** What the CLI says of itself. */
export function noteOf(text: string, failed = false): TranscriptEntry {
  return { kind: 'note', text, failed };
}

/** What the agent says; nothing when that is blank. */
export function textEntries(text: string | undefined): TranscriptEntry[] {
  return text === undefined || text.trim() === '' ? [] : [{ kind: 'text', text }];
}

/** What the agent thinks; nothing when that is blank. */
export function thoughtEntries(text: string | undefined): TranscriptEntry[] {
  return text === undefined || text.trim() === '' ? [] : [{ kind: 'thought', text }];
}

/** A tool call: the tools that most CLIs have go by one name, whatever each calls them. */
export function toolEntry(name: string | undefined, input: JsonObject): TranscriptEntry {
  const known = name === undefined ? 'tool' : (toolNames[name.toLowerCase()] ?? name);
  return { kind: 'tool', name: known, input: inputOf(input) };
}

const toolNames: Readonly<Record<string, string>> = {
  bash: 'bash',
  command_execution: 'bash',
  run_shell_command: 'bash',
  edit: 'edit',
  file_change: 'edit',
  multiedit: 'edit',
  replace: 'edit',
  read: 'read',
  read_file: 'read',
  write: 'write',
  write_file: 'write',
  glob: 'glob',
  grep: 'grep',
  search_file_content: 'grep',
  todowrite: 'todo',
  web_search: 'search',
  websearch: 'search',
};

/** The command or the path where a tool has one, the only thing that it was given, else all of it. */
function inputOf(input: JsonObject): string {
  for (const key of ['command', 'file_path', 'filePath', 'absolute_path', 'notebook_path']) {
    const found = textAt(input, key);
    if (found !== undefined) return found;
  }
  const [only, ...more] = Object.values(input);
  if (only === undefined) return '';
  return typeof only === 'string' && more.length === 0 ? only : compactJson(input);
}

/** What a tool gave back; nothing when that is blank, unless it failed. */
export function resultEntries(text: string | undefined, failed = false): TranscriptEntry[] {
  const blank = text === undefined || text.trim() === '';
  return blank && !failed ? [] : [{ kind: 'result', text: blank ? 'failed' : text, failed }];
}

/** The result of a command whose exit code is known. */
export function commandResult(text: string | undefined, exitCode: number | undefined): TranscriptEntry[] {
  if (exitCode === undefined || exitCode === 0) return resultEntries(text);
  return resultEntries(`exit code ${String(exitCode)}\n${text ?? ''}`.trimEnd(), true);
}

/** A failure, with what its message does not say itself; `last` = the CLI gave up. */
export function failureEntries(failure: ReportedFailure | undefined, last: boolean): TranscriptEntry[] {
  if (failure === undefined) return [];
  const { code, status, message } = failure;
  const more = [code, status === undefined ? undefined : String(status)].filter(
    (part) => part !== undefined && !message.includes(part),
  );
  return [noteOf(more.length === 0 ? message : `${more.join(' ')}: ${message}`, last)];
}

/** The end of a turn that went well; `of` says what the figures are of. */
export function doneEntry({ input, output }: Usage, of = ''): TranscriptEntry {
  return noteOf(`done: ${String(input)} tokens in, ${String(output)} out${of}`);
}

/** The objects in the list under a key; all else in it is passed over. */
export function objectsAt(object: JsonObject, key: string): JsonObject[] {
  return listAt(object, key)
    .map(asObject)
    .filter((each) => each !== undefined);
}

/** JSON on one line. */
export function compactJson(value: JsonObject): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Nested more deeply than node can write, though it could read it.
    return '…';
  }
}
