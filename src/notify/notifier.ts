import { Semaphore } from 'async-mutex';
import { basename, join } from 'node:path';
import type { RunEvent } from '../core/event.ts';
import { foldRun } from '../core/fold-run.ts';
import { targetName, type NotifyTarget } from '../core/notice.ts';
import { emptyRun } from '../core/run-state.ts';
import { unreachable } from '../core/unreachable.ts';
import { filledIn } from '../core/variables.ts';
import { openProcessNotes, type ProcessNotes } from '../system/process-notes.ts';
import { runWithNotice } from './command.ts';
import { desktopCommand, hasDesktop } from './desktop.ts';
import { newsOf, type News } from './news.ts';
import { openOutbox, type Outbox, type Receiver } from './outbox.ts';
import { noticeOf, type Notice, type Wording } from './payload.ts';
import { post } from './webhook.ts';

/** Who is to be told of a run, and how. */
export interface NotifierOrder {
  readonly targets: readonly NotifyTarget[];
  readonly run: string;
  /** Absolute; commands run there. */
  readonly workspace: string;
  /** The run's folder, absolute: what commands were told and what they say goes to `notices/` in it. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly words: {
    tell(news: News): Wording;
    /** What agents and files say, on one line without control characters. */
    line(text: string): string;
  };
  redact(text: string): string;
  /** Rings the bell of the terminal, where there is one. */
  bell(): void;
  /** Told at most once for each target; without secrets. Never called from within `onEvent`. */
  onProblem(message: string): void;
}

/** Tells people of a run. Nothing of it holds the run up or ends it. */
export interface Notifier {
  /** To be called with every event of the run, in order. */
  onEvent(event: RunEvent): void;
  /**
   * Waits for what is on its way: for each target as long as its time limit, and two seconds when `now` is aborted already
   * (whoever stopped the run wants it to end). Once `now` is aborted, nothing is waited for.
   */
  close(now?: AbortSignal): Promise<void>;
}

/** Starts telling; from a run's first event on. */
export function startNotifier(order: NotifierOrder): Notifier {
  const places = new Semaphore(atATime);
  const notes = openProcessNotes(order.workspace, order.run);
  const lines = order.targets.map((target, index) => lineTo(target, { order, places, notes, index }));
  let state = emptyRun;
  let number = 0;
  return {
    onEvent: (event) => {
      if (lines.length === 0) return;
      state = foldRun(state, event);
      const news = newsOf(event, state);
      if (news === undefined) return;
      number += 1;
      const { run, workspace, words } = order;
      const origin = { run, number, at: event.at, workspace, line: (text: string) => words.line(text) };
      const notice = noticeOf(news, words.tell(news), origin);
      for (const { target, outbox } of lines) if (target.on.includes(notice.event)) outbox.put(notice);
    },
    close: async (now) => {
      const most = now?.aborted === true ? hurryMs : Infinity;
      await Promise.all(
        lines.map(({ target, outbox }) => outbox.close(Math.min(most, timeoutOf(target) + leewayMs), now)),
      );
    },
  };
}

const atATime = 4;
const hurryMs = 2_000;
/** What hangs is ended by its own time limit, which tells more than the end of the run. */
const leewayMs = 500;
const desktopMs = 10_000;

interface Line {
  readonly target: NotifyTarget;
  readonly outbox: Outbox;
}

interface LineOrder {
  readonly order: NotifierOrder;
  readonly places: Semaphore;
  readonly notes: ProcessNotes;
  readonly index: number;
}

function lineTo(target: NotifyTarget, line: LineOrder): Line {
  const { order, places } = line;
  const send = senderTo(target, line);
  const outbox = openOutbox({
    name: order.words.line(targetName(target)),
    send: (notice, signal) => places.runExclusive(() => send(notice, signal)),
    onProblem: (message) => order.onProblem(order.redact(message)),
  });
  return { target, outbox };
}

function senderTo(target: NotifyTarget, line: LineOrder): Receiver['send'] {
  const { order } = line;
  switch (target.kind) {
    case 'command':
      return (notice, signal) => runCommand({ ...target, env: {}, name: target.command }, line, notice, signal);
    case 'webhook':
      return (notice, signal) =>
        post({
          url: filledIn(target.url, order.env),
          headers: Object.fromEntries(
            Object.entries(target.headers).map(([name, value]) => [name, filledIn(value, order.env)]),
          ),
          body: JSON.stringify(notice),
          timeoutMs: target.timeout,
          signal,
        });
    case 'desktop':
      return async (notice, signal) => {
        if (!hasDesktop(order.platform, order.env)) return undefined;
        const title = `oompa: ${order.words.line(basename(order.workspace))}`;
        const shown = desktopCommand(order.platform, { title, text: notice.message });
        return runCommand({ ...shown, timeout: desktopMs, name: 'desktop notification' }, line, notice, signal);
      };
    case 'bell':
      return () => {
        order.bell();
        return Promise.resolve(undefined);
      };
    default:
      return unreachable(target);
  }
}

interface Command {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly name: string;
}

async function runCommand(
  { command, env, timeout, name }: Command,
  { order, notes, index }: LineOrder,
  notice: Notice,
  signal: AbortSignal,
): Promise<string | undefined> {
  const stem = `${notice.id.slice(order.run.length + 1)}-${String(index + 1)}`;
  const log = join('notices', `${stem}.log`);
  const why = await runWithNotice({
    command,
    text: `${JSON.stringify(notice)}\n`,
    file: join(order.folder, 'notices', `${stem}.json`),
    log: join(order.folder, log),
    cwd: order.workspace,
    env: { ...order.env, ...env },
    timeoutMs: timeout,
    signal,
    note: notes.as(name),
    redact: (text) => order.redact(text),
  });
  return why === undefined ? undefined : `${why} (runs/${order.run}/${log})`;
}

function timeoutOf(target: NotifyTarget): number {
  return 'timeout' in target ? target.timeout : desktopMs;
}
