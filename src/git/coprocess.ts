import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { gitEnvironment, gitSettings } from './git.ts';

/** What a long-lived git answered. `ended`: it died before the answer was complete; the next question starts a new one. */
export type Answer =
  | { readonly kind: 'answered'; readonly lines: readonly string[] }
  | { readonly kind: 'ended'; readonly stderr: string };

/** A git process that answers questions over its standard streams for as long as a run lasts (0.15 ms each, not 2–3 ms). */
export interface Coprocess {
  /** Writes `question` and resolves with the next `lines` lines of output. Answers come in the order of the questions. */
  ask(question: string, lines: number): Promise<Answer>;
  /** Ends the process; a later question would start it again. */
  close(): Promise<void>;
}

/** A coprocess `git <args>` in `cwd`, started by the first question. */
export function openCoprocess(cwd: string, args: readonly string[]): Coprocess {
  let running: Running | undefined;
  return {
    ask(question, lines) {
      if (running === undefined || running.ended) running = start(cwd, args);
      return running.ask(question, lines);
    },
    async close() {
      const last = running;
      running = undefined;
      await last?.close();
    },
  };
}

interface Running {
  readonly ended: boolean;
  ask(question: string, lines: number): Promise<Answer>;
  close(): Promise<void>;
}

interface Waiter {
  readonly wanted: number;
  readonly lines: string[];
  readonly answer: (answer: Answer) => void;
}

function start(cwd: string, args: readonly string[]): Running {
  const child: ChildProcessWithoutNullStreams = spawn('git', [...gitSettings(false), ...args], {
    cwd,
    env: gitEnvironment(),
    // A session of its own: Ctrl-C at the terminal is for oompa, which still has work to put in order.
    detached: true,
  });
  const waiters: Waiter[] = [];
  let rest = '';
  let stderr = '';
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    const finish = (): void => {
      ended = true;
      for (const waiter of waiters.splice(0)) waiter.answer({ kind: 'ended', stderr });
      resolve();
    };
    child.on('error', (error) => {
      stderr += error.message;
      finish();
    });
    child.on('close', finish);
  });
  child.stdin.on('error', () => undefined);
  // From here on it takes no more questions; those already asked get their `ended` once its last words are read.
  child.on('exit', () => (ended = true));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4096)));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(waiters, line);
  });
  return {
    get ended() {
      return ended;
    },
    ask: (question, wanted) =>
      new Promise((answer) => {
        if (ended) {
          answer({ kind: 'ended', stderr });
          return;
        }
        waiters.push({ wanted, lines: [], answer });
        child.stdin.write(question);
      }),
    close: () => {
      child.stdin.end();
      return closed;
    },
  };
}

function take(waiters: Waiter[], line: string): void {
  const [first] = waiters;
  if (first === undefined) return;
  first.lines.push(line);
  if (first.lines.length < first.wanted) return;
  waiters.shift();
  first.answer({ kind: 'answered', lines: first.lines });
}
