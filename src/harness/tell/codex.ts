import type { TranscriptEntry } from '../../core/transcript.ts';
import type { Reading } from '../harness.ts';
import { asObject, numberAt, objectAt, textAt, type JsonObject } from '../json.ts';
import {
  commandResult,
  compactJson,
  doneEntry,
  failureEntries,
  noteOf,
  objectsAt,
  resultEntries,
  textEntries,
  thoughtEntries,
  toolEntry,
} from './entries.ts';

/** Tells of one event of codex (seen: 0.169.0). Most items come twice: a tool is told when it starts, all else when it is complete. */
export function tellCodex(event: JsonObject, reading: Reading): readonly TranscriptEntry[] {
  switch (textAt(event, 'type') ?? '') {
    case 'thread.started':
      return [noteOf(`session ${reading.session ?? '?'}`)];
    case 'item.started':
      return started(objectAt(event, 'item'));
    case 'item.completed':
      return completed(objectAt(event, 'item'));
    case 'error':
      return failureEntries(reading.failure, false);
    case 'turn.failed':
      return failureEntries(reading.failure, true);
    case 'turn.completed':
      return [doneEntry(reading.usage, ' in all of its session')];
    default:
      return [];
  }
}

function started(item: JsonObject): TranscriptEntry[] {
  switch (textAt(item, 'type') ?? '') {
    case 'command_execution':
      return [toolEntry('command_execution', { command: unwrapped(textAt(item, 'command') ?? '') })];
    case 'mcp_tool_call':
      return [toolEntry(textAt(item, 'tool'), objectAt(item, 'arguments'))];
    default:
      return [];
  }
}

function completed(item: JsonObject): TranscriptEntry[] {
  switch (textAt(item, 'type') ?? '') {
    case 'agent_message':
      return textEntries(textAt(item, 'text'));
    case 'reasoning':
      return thoughtEntries(textAt(item, 'text'));
    case 'command_execution':
      return commandResult(textAt(item, 'aggregated_output'), numberAt(item, 'exit_code'));
    case 'file_change':
      return [toolEntry('file_change', { path: changedPaths(item) }), ...failedOnly(item)];
    case 'web_search':
      return [toolEntry('web_search', { query: textAt(item, 'query') ?? '' })];
    case 'mcp_tool_call':
      return mcpResult(item);
    case 'todo_list':
      return [toolEntry('todowrite', { items: todoLines(item) })];
    case 'error':
      return [noteOf(textAt(item, 'message') ?? 'a remark without a message')];
    default:
      return [];
  }
}

/** codex runs every command through a shell of its own, and writes it down quoted for that. */
function unwrapped(command: string): string {
  const [, wrapped] = /^\/(?:usr\/)?bin\/(?:ba|z)?sh -lc (.+)$/su.exec(command) ?? [];
  if (wrapped === undefined) return command;
  const [, single] = /^'([^']*)'$/su.exec(wrapped) ?? [];
  const [, double] = /^"((?:[^"\\]|\\.)*)"$/su.exec(wrapped) ?? [];
  return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? wrapped;
}

function changedPaths(item: JsonObject): string {
  return objectsAt(item, 'changes')
    .map((change) => textAt(change, 'path') ?? '?')
    .join(' ');
}

function failedOnly(item: JsonObject): TranscriptEntry[] {
  return textAt(item, 'status') === 'failed' ? resultEntries(undefined, true) : [];
}

/** The shape of a result is that of the tool's server. */
function mcpResult(item: JsonObject): TranscriptEntry[] {
  const error = asObject(item['error']);
  if (error !== undefined) return resultEntries(textAt(error, 'message') ?? compactJson(error), true);
  const result = asObject(item['result']);
  const texts = objectsAt(result ?? {}, 'content').flatMap((part) => textAt(part, 'text') ?? []);
  return texts.length > 0 ? resultEntries(texts.join('\n')) : resultEntries(result && compactJson(result));
}

function todoLines(item: JsonObject): string {
  return objectsAt(item, 'items')
    .map((each) => `${each['completed'] === true ? '[x]' : '[ ]'} ${textAt(each, 'text') ?? ''}`)
    .join('; ');
}
