import type { TranscriptEntry } from '../../core/transcript.ts';
import { joinEntries } from '../../core/transcript.ts';
import { transcriptLines } from '../../ui/transcript-lines.ts';
import type { TranscriptView } from '../../ui/transcript-lines.ts';
import type { Io } from '../io.ts';
import { notesIn, stderrNotes } from '../read-transcript.ts';
import type { Teller } from '../read-transcript.ts';

/** Prints what an agent prints, as it comes. */
export interface TurnPrinter {
  readonly stdout: (lines: readonly string[]) => void;
  readonly stderr: (lines: readonly string[]) => void;
  /** Prints what was held back; nothing comes any more. */
  readonly end: () => void;
}

/** A printer of the very lines, each to the stream that it came from. */
export function rawPrinter(io: Io): TurnPrinter {
  return {
    stdout: (lines) => {
      io.stdout(lines.map((line) => `${line}\n`).join(''));
    },
    stderr: (lines) => {
      io.stderr(lines.map((line) => `${line}\n`).join(''));
    },
    end: () => undefined,
  };
}

/**
 * A printer of what the lines tell a person. A text that comes in pieces is held back up to its next line end, or until
 * nothing has come for a moment: its lines are not broken where its pieces are.
 */
export function readablePrinter(io: Io, tell: Teller, view: TranscriptView): TurnPrinter {
  let held: TranscriptEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  const notes = new Set<string>();

  return {
    stdout: (lines) => {
      const entries = lines.flatMap((line) => tell(line));
      notesIn(entries, notes);
      take(entries);
    },
    stderr: (lines) => {
      take(stderrNotes(lines, notes));
    },
    end: flush,
  };

  function take(entries: readonly TranscriptEntry[]): void {
    if (entries.length === 0) return;
    clearTimeout(timer);
    const joined = joinEntries([...held, ...entries]);
    held = [];
    const last = entries.at(-1);
    if (last?.kind === 'text' && last.continues === true) {
      const text = joined.pop();
      if (text?.kind === 'text') {
        const whole = text.text.lastIndexOf('\n') + 1;
        if (whole > 0) joined.push({ kind: 'text', text: text.text.slice(0, whole) });
        held = whole === text.text.length ? [] : [{ kind: 'text', text: text.text.slice(whole) }];
        timer = setTimeout(flush, patienceMs).unref();
      }
    }
    print(joined);
  }

  function flush(): void {
    clearTimeout(timer);
    print(held);
    held = [];
  }

  function print(entries: readonly TranscriptEntry[]): void {
    if (entries.length > 0)
      io.stdout(
        transcriptLines(entries, view)
          .map((line) => `${line}\n`)
          .join(''),
      );
  }
}

/** With the time that it takes to see that a file has grown, well below a second. */
const patienceMs = 400;
