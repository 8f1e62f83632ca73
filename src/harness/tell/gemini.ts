import type { TranscriptEntry } from '../../core/transcript.ts';
import type { Reading } from '../harness.ts';
import { asObject, objectAt, textAt, type JsonObject } from '../json.ts';
import { doneEntry, failureEntries, noteOf, resultEntries, toolEntry } from './entries.ts';

/** Tells of one event of gemini-cli (seen: 0.61.0). Its messages come in pieces; the prompt comes back as a message of the user. */
export function tellGemini(event: JsonObject, reading: Reading): readonly TranscriptEntry[] {
  switch (textAt(event, 'type') ?? '') {
    case 'init':
      return [noteOf(`session ${reading.session ?? '?'}, model ${textAt(event, 'model') ?? '?'}`)];
    case 'message':
      return textAt(event, 'role') === 'assistant' ? piece(event) : [];
    case 'tool_use':
      return [
        toolEntry(
          textAt(event, 'tool_name') ?? textAt(event, 'name'),
          asObject(event['parameters']) ?? objectAt(event, 'input'),
        ),
      ];
    case 'tool_result':
      return resultEntries(textAt(event, 'output'), textAt(event, 'status') === 'error');
    case 'error':
      return failureEntries(reading.failure, textAt(event, 'severity') === 'error');
    case 'result':
      if (reading.finished) return [doneEntry(reading.usage)];
      // Without an error of its own, the one before it was the reason.
      return event['error'] === undefined ? [] : failureEntries(reading.failure, true);
    default:
      return [];
  }
}

function piece(event: JsonObject): TranscriptEntry[] {
  const text = textAt(event, 'content');
  if (text === undefined) return [];
  return [{ kind: 'text', text, ...(event['delta'] === true ? { continues: true } : {}) }];
}
