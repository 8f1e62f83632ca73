import type { TranscriptEntry } from '../../core/transcript.ts';
import type { Reading } from '../harness.ts';
import { numberAt, objectAt, textAt, type JsonObject } from '../json.ts';
import { doneEntry, noteOf, objectsAt, resultEntries, textEntries, thoughtEntries, toolEntry } from './entries.ts';

/** Tells of one event of Claude Code (seen: 2.1.329). Its partial messages, where `args` ask for them, come again whole. */
export function tellClaude(event: JsonObject, reading: Reading): readonly TranscriptEntry[] {
  switch (textAt(event, 'type') ?? '') {
    case 'system':
      return system(event);
    case 'assistant':
      // An error in the CLI's own words, dressed as the model's.
      if (reading.failure !== undefined) return [noteOf(reading.failure.message, true)];
      return blocksOf(event).flatMap((block) => said(block));
    case 'user':
      return blocksOf(event).flatMap((block) => answered(block, event['isSynthetic'] === true));
    case 'result':
      if (reading.failure !== undefined) return [noteOf(reading.failure.message, true)];
      // Its text is that of the last message.
      return [doneEntry(reading.usage)];
    default:
      return [];
  }
}

/** A denied permission is told by the result of its tool. */
function system(event: JsonObject): TranscriptEntry[] {
  switch (textAt(event, 'subtype') ?? '') {
    case 'init':
      return [noteOf(`session ${textAt(event, 'session_id') ?? '?'}, model ${textAt(event, 'model') ?? '?'}`)];
    case 'api_retry':
      return [noteOf(retryWords(event))];
    case 'compact_boundary':
      return [noteOf('its context was full; it goes on with a summary')];
    default:
      return [];
  }
}

function retryWords(event: JsonObject): string {
  const status = numberAt(event, 'error_status');
  const why = `${textAt(event, 'error') ?? 'connection failed'}${status === undefined ? '' : ` ${String(status)}`}`;
  const seconds = ((numberAt(event, 'retry_delay_ms') ?? 0) / 1000).toFixed(1);
  const tries = `${String(numberAt(event, 'attempt') ?? 1)} of ${String(numberAt(event, 'max_retries') ?? '?')}`;
  return `${why}: try ${tries} in ${seconds} s`;
}

function blocksOf(event: JsonObject): JsonObject[] {
  return objectsAt(objectAt(event, 'message'), 'content');
}

function said(block: JsonObject): TranscriptEntry[] {
  switch (textAt(block, 'type') ?? '') {
    case 'text':
      return textEntries(textAt(block, 'text'));
    case 'thinking':
      return thoughtEntries(textAt(block, 'thinking'));
    case 'tool_use':
    case 'server_tool_use':
      return [toolEntry(textAt(block, 'name'), objectAt(block, 'input'))];
    default:
      return [];
  }
}

/** What tools gave back, and what the CLI itself tells the model; the prompts of subagents stand in the call already. */
function answered(block: JsonObject, isSynthetic: boolean): TranscriptEntry[] {
  switch (textAt(block, 'type') ?? '') {
    case 'tool_result':
      return resultEntries(contentOf(block), block['is_error'] === true);
    case 'text':
      return isSynthetic ? [noteOf(textAt(block, 'text') ?? '')] : [];
    default:
      return [];
  }
}

/** A text, or a list of texts and pictures. */
function contentOf(block: JsonObject): string | undefined {
  const parts = objectsAt(block, 'content');
  if (parts.length === 0) return textAt(block, 'content');
  return parts.map((part) => textAt(part, 'text') ?? `[${textAt(part, 'type') ?? 'something'}]`).join('\n');
}
