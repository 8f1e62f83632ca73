import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import { noticeEvents } from '../../src/core/notice.ts';
import type { NotifyTarget } from '../../src/core/notice.ts';
import { startNotifier } from '../../src/notify/notifier.ts';
import type { Notifier, NotifierOrder } from '../../src/notify/notifier.ts';
import type { Notice } from '../../src/notify/payload.ts';
import { at } from '../rig/example-run.ts';

/** A target that hears of everything. */
export function everything<T extends object>(target: T): T & Pick<NotifyTarget, 'on'> {
  return { on: noticeEvents, ...target };
}

/** A command that hears of everything. */
export function command(text: string, timeout = 60_000): NotifyTarget {
  return everything({ kind: 'command', command: text, timeout });
}

/** A webhook that hears of everything. */
export function webhook(url: string, headers: Readonly<Record<string, string>> = {}, timeout = 60_000): NotifyTarget {
  return everything({ kind: 'webhook', url, headers, timeout });
}

/** A temporary folder, removed when the test ends. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'oompa-notify-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A notifier in a folder of its own, and what it complains of. */
export interface Told {
  readonly notifier: Notifier;
  readonly workspace: string;
  readonly problems: readonly string[];
}

/** Starts a notifier for these targets. Its words are the names of what they speak of. */
export async function notifying(
  targets: readonly NotifyTarget[],
  given: Partial<Pick<NotifierOrder, 'env' | 'platform' | 'redact' | 'bell'>> & { readonly message?: string } = {},
): Promise<Told> {
  const workspace = await folder();
  const problems: string[] = [];
  const notifier = startNotifier({
    targets,
    run: 'a-run',
    workspace,
    folder: join(workspace, 'runs', 'a-run'),
    env: process.env,
    platform: 'linux',
    words: {
      tell: ({ event }) => ({ message: given.message ?? `it ${event}`, why: event, next: 'oompa status' }),
      line: (text) => text.replaceAll('\n', ' '),
    },
    redact: (text) => text,
    bell: () => undefined,
    onProblem: (message) => problems.push(message),
    ...given,
  });
  onTestFinished(() => notifier.close(AbortSignal.abort()));
  return { notifier, workspace, problems };
}

/** A task failed for good. */
export function failed(task: string): RunEvent {
  return ended(task, { outcome: { kind: 'no-changes' }, transition: 'fail' });
}

/** A task waits for the checkout. */
export function held(task: string, paths: readonly string[]): RunEvent {
  return ended(task, { outcome: { kind: 'held', paths, why: 'uncommitted changes' }, transition: 'stay' });
}

/** The run is over. */
export const over: RunEvent = at(9, { type: 'run:ended', why: 'dry', pending: 2 });

/** An iteration is over. */
function ended(
  task: string,
  how: Pick<Extract<NewEvent, { type: 'iteration:ended' }>, 'outcome' | 'transition'>,
): RunEvent {
  const counts = { iteration: 1, attempt: 3, attempts: 3, turns: 2, rounds: 0, ms: 5 };
  const usage = { input: 10, output: 1 };
  return at(5, { type: 'iteration:ended', worker: 'builders-1', task, ...counts, usage, ...how });
}

/** The notices in a file of one JSON a line; none while it is not there. */
export async function noticesIn(path: string): Promise<Notice[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Notice);
}

/** The text of a file once it ends with a line break. */
export async function lineIn(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A folder with a program of that name, which is a shell script. */
export async function program(name: string, script: string): Promise<string> {
  const bin = join(await folder(), 'bin');
  await mkdir(bin);
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return bin;
}

/** What a webhook got. */
export interface Posted {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Notice;
}

/** A web server that answers with `answers`, one after the other, and 204 after that; `hang` answers when it is let go. */
export async function server(...answers: readonly (number | 'hang')[]) {
  const posted: Posted[] = [];
  const waiting: (() => void)[] = [];
  const hanging: (() => void)[] = [];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Notice;
      const { method = '', url: path = '', headers } = request;
      posted.push({ method, path, headers, body });
      const answer = answers[posted.length - 1] ?? 204;
      if (answer === 'hang') hanging.push(() => response.writeHead(204).end());
      else response.writeHead(answer, { location: '/elsewhere' }).end();
      for (const go of waiting.splice(0)) go();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`,
    posted,
    letGo: () => {
      for (const answer of hanging) answer();
    },
    /** Once it got its next request. */
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}
