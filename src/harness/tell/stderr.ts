import type { TranscriptEntry } from '../../core/transcript.ts';
import { withoutColours } from '../failure-words.ts';
import { noteOf } from './entries.ts';

/** Tells of one line of standard error, of any CLI; nothing for what is not worth a person's time. */
export function tellStderr(line: string): readonly TranscriptEntry[] {
  const text = withoutColours(line).trimEnd();
  // What is indented, or only brackets, belongs to a stack or an object of the lines before.
  if (/^(?:\s|[\]){}[(,;]*$)/.test(text) || chatter.test(text)) return [];
  return [noteOf(text, /^(?:\S+ )?(?:error|fatal|panic)\b|\blevel=error\b|\bERROR\b/i.test(text))];
}

/** What the CLIs say at every start (seen: gemini 0.61.0, codex 0.169.0, claude 2.1.329). */
const chatter =
  /^(?:YOLO mode is enabled|Ripgrep is not available|Warning: 256-color support|Reading prompt from stdin|WARNING: proceeding, even though we could not create PATH aliases|\[claude-code:unrecognized_model\]|Stack backtrace:)/;
