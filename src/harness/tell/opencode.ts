import type { TranscriptEntry } from '../../core/transcript.ts';
import type { Reading } from '../harness.ts';
import { numberAt, objectAt, textAt, type JsonObject } from '../json.ts';
import {
  commandResult,
  doneEntry,
  failureEntries,
  noteOf,
  resultEntries,
  textEntries,
  thoughtEntries,
  toolEntry,
} from './entries.ts';

/** Tells of one event of opencode (seen: 1.18.33). It speaks of a tool once, when that has ended. */
export function tellOpencode(event: JsonObject, reading: Reading): readonly TranscriptEntry[] {
  const part = objectAt(event, 'part');
  switch (textAt(event, 'type') ?? '') {
    case 'text':
      return textEntries(textAt(part, 'text'));
    case 'reasoning':
      return thoughtEntries(textAt(part, 'text'));
    case 'tool_use':
      return tool(part);
    case 'step_finish':
      if (reading.failure !== undefined) return [noteOf(reading.failure.message, reading.retries === 0)];
      return reading.finished ? [doneEntry(reading.usage, ' in its last step')] : [];
    case 'error':
      return failureEntries(reading.failure, true);
    default:
      return [];
  }
}

function tool(part: JsonObject): TranscriptEntry[] {
  const state = objectAt(part, 'state');
  const call = toolEntry(textAt(part, 'tool'), objectAt(state, 'input'));
  if (textAt(state, 'status') === 'error') return [call, ...resultEntries(textAt(state, 'error'), true)];
  return [call, ...commandResult(textAt(state, 'output'), numberAt(objectAt(state, 'metadata'), 'exit'))];
}
