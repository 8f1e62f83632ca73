import type { Readable } from 'node:stream';
import { withoutColours } from './failure-words.ts';
import { emptyReading, type Harness, type Reading } from './harness.ts';
import { lineSplitter } from './line-splitter.ts';
import type { Transcript } from './transcript.ts';

/** Where an agent's output goes, and who wants to know. */
export interface OutputListener {
  readonly harness: Pick<Harness, 'read' | 'end'>;
  readonly transcript: { readonly stdout: Transcript; readonly stderr: Transcript };
  readonly outputBytes: number;
  onProgress(): void;
  onTooLarge(): void;
  /** The CLI has done nothing but try again for so long that it will not get anywhere. */
  onStuck(): void;
  onActivity(activity: string): void;
  /** Is told of each line of standard output: the readings before and after it, and the end of standard error so far. */
  onLine(reading: Reading, before: Reading, stderrTail: string): void;
  /** Is told whenever there is more on standard error. */
  onStderr(reading: Reading, stderrTail: string): void;
}

/** What has come of an agent's output. */
export interface AgentOutput {
  /** Resolves when both streams have ended or were closed. */
  readonly drained: Promise<void>;
  /** The reading of all lines so far, completed. */
  reading(exitCode: number | undefined): Reading;
  /** Whether the lines so far are all that a turn is for: see `isComplete`. */
  isComplete(): boolean;
  stderrTail(): string;
}

/** Reads both streams to their end, line by line, into the transcripts and the adapter's reading. */
export function readOutput(stdout: Readable, stderr: Readable, listener: OutputListener): AgentOutput {
  let bytes = 0;
  let reading = emptyReading;
  let noise = 0;
  let tail = '';
  const drained = Promise.all([
    readLines(stdout, counted, (lines) => {
      for (const line of lines) take(line);
      return listener.transcript.stdout.write(lines);
    }),
    readLines(stderr, counted, (lines) => {
      tail = (tail + lines.map((line) => `${line}\n`).join('')).slice(-tailLength);
      if (lines.some(isProgress)) listener.onProgress();
      if (lines.length > 0) listener.onStderr(reading, tail);
      return listener.transcript.stderr.write(lines);
    }),
  ]);
  return {
    drained: drained.then(() => undefined),
    reading: (exitCode) => listener.harness.end(reading, exitCode),
    isComplete: () => isComplete(reading),
    stderrTail: () => tail,
  };

  function counted(size: number): boolean {
    bytes += size;
    if (bytes <= listener.outputBytes) return true;
    listener.onTooLarge();
    return false;
  }

  function take(line: string): void {
    const before = reading;
    reading = listener.harness.read(before, line);
    if (reading.progress > before.progress) {
      noise = 0;
      listener.onProgress();
    } else if (reading.retries > before.retries && ++noise === stuckAfter) {
      listener.onStuck();
    }
    if (reading.activity !== undefined && reading.activity !== before.activity) listener.onActivity(reading.activity);
    listener.onLine(reading, before, tail);
  }
}

/** Whether the CLI has said that it is done and well, with a final message. Plain text has no line that says so. */
export function isComplete({ finished, failure, message = '' }: Reading): boolean {
  return finished && failure === undefined && message.trim() !== '';
}

/** opencode asks a model that breaks off for ever, five times a second; a real retry series (claude: 10) is far shorter. */
const stuckAfter = 100;
const tailLength = 8 * 1024;
const maxLineBytes = 4 * 1024 * 1024;

/** Bytes past the limit are thrown away, but still read: an agent that is being ended must not hang on a full pipe. */
async function readLines(
  stream: Readable,
  counted: (bytes: number) => boolean,
  take: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const splitter = lineSplitter(maxLineBytes);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (counted(chunk.length)) await take(splitter.push(chunk));
    }
  } catch (error) {
    // The stream was closed while somebody still held its other end.
    if (!stream.destroyed) throw error;
  }
  await take(splitter.end());
}

/** On standard error everything but talk of another try is progress: some CLIs say there what they do. */
function isProgress(line: string): boolean {
  const text = withoutColours(line).trim();
  return text !== '' && !/\bretry|reconnecting|\battempt \d+|waiting for network|^timestamp=\S+ level=/i.test(text);
}
