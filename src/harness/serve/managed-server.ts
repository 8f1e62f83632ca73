import { abortSessions } from './abort.ts';
import { endProcessesIn } from './left-behind.ts';
import { checkServer } from './health.ts';
import { startServer, type ServerOrder, type ServerProcess } from './server-process.ts';
import type { OpencodeServer } from './server.ts';

/** How a turn of opencode is to be taken. `why` is one line. */
export type Way =
  { readonly kind: 'server'; readonly server: OpencodeServer } | { readonly kind: 'direct'; readonly why: string };

/** What befell the server, for the run log. */
export type ServerEvent =
  | { readonly kind: 'ready'; readonly url: string }
  /** It ended by itself, or did not come up. */
  | { readonly kind: 'lost'; readonly why: string }
  /** It was lost twice: all further turns are direct ones. */
  | { readonly kind: 'gave-up'; readonly why: string };

/** What `openManagedServer` needs beside what each start of the server does. */
export interface ManagedServerOptions extends Omit<ServerOrder, 'signal'> {
  /** After so many turns a new server takes the place of the old one, whose memory has grown by some megabytes with each; 100 when left out. */
  readonly recycleAfter?: number;
  /** Milliseconds that the server has for an answer before it counts as hanging; 10,000 when left out. */
  readonly answerMs?: number;
  readonly onEvent: (event: ServerEvent) => void;
}

/** One `opencode serve` for a whole run, started when it is first needed. */
export interface ManagedServer {
  /**
   * Takes a turn that works in `folder`, an absolute path which no other turn works in meanwhile. Any number at a time. When
   * it comes back, nothing that the turn has begun in the folder still runs.
   */
  during<T>(folder: string, turn: (way: Way) => Promise<T>): Promise<T>;
  /** Ends the server and everything that came of it. Turns that are asked for later are direct ones. */
  close(): Promise<void>;
}

/** Opens the run's server. Nothing is started yet; whatever happens to the server, every turn has a way. */
export function openManagedServer(options: ManagedServerOptions): ManagedServer {
  const { answerMs = 10_000 } = options;
  const closing = new AbortController();
  const running = new Set<Running>();
  let current: Promise<Running | Lost> | undefined;
  let restarts = 1;
  return { during, close };

  async function during<T>(folder: string, turn: (way: Way) => Promise<T>): Promise<T> {
    const taken = await take();
    if (taken.kind === 'lost') return turn({ kind: 'direct', why: taken.why });
    const { process } = taken;
    try {
      return await turn({ kind: 'server', server: process.server });
    } finally {
      let aborted = await abortSessions(process.server, folder, answerMs);
      // The machine may just be busy, and its end would be that of the other turns in it.
      for (let tries = 1; aborted.kind === 'not-aborted' && taken.turns > 1 && tries < 3; tries += 1) {
        aborted = await abortSessions(process.server, folder, answerMs);
      }
      if (aborted.kind === 'not-aborted') await giveUp(taken, aborted.detail);
      await endProcessesIn(folder, process);
      taken.turns -= 1;
      await retire(taken);
    }
  }

  /** A server that answers, with one turn more in it. */
  async function take(): Promise<Running | Lost> {
    if (closing.signal.aborted) return stopping;
    const asked = (current ??= start());
    const found = await asked;
    if (found.kind === 'lost') return found;
    if (found.taken >= (options.recycleAfter ?? 100)) {
      if (current === asked) current = undefined;
      found.retired = true;
      await retire(found);
      return take();
    }
    found.taken += 1;
    found.turns += 1;
    const health = await checkServer(found.process.server, answerMs);
    if (health.kind === 'healthy') return found;
    found.turns -= 1;
    // Others may be at work in it all the same; once they are done, it is replaced.
    if (found.turns > 0) return { kind: 'lost', why: health.detail };
    await giveUp(found, health.detail);
    return take();
  }

  /** A server that hangs may come back to a session whose turn is over: nothing but its end stops that. */
  async function giveUp(found: Running, why: string): Promise<void> {
    found.unwell ??= why;
    await found.process.end();
  }

  async function start(): Promise<Running | Lost> {
    const started = await startServer({ ...options, signal: closing.signal });
    if (closing.signal.aborted) {
      if (started.kind === 'up') await started.process.end();
      return stopping;
    }
    if (started.kind === 'failed') return lost(started.why) ?? start();
    const { process } = started;
    const found: Running = { kind: 'running', process, taken: 0, turns: 0, retired: false, unwell: undefined };
    running.add(found);
    options.onEvent({ kind: 'ready', url: process.server.url });
    void process.ended.then((why) => {
      running.delete(found);
      if (found.retired || closing.signal.aborted) return;
      const gone = lost(found.unwell === undefined ? why : `${found.unwell}; ${why}`);
      current = gone === undefined ? undefined : Promise.resolve(gone);
    });
    return found;
  }

  /** Undefined while another start is worth it. */
  function lost(why: string): Lost | undefined {
    options.onEvent({ kind: 'lost', why });
    restarts -= 1;
    if (restarts >= 0) return undefined;
    options.onEvent({ kind: 'gave-up', why });
    return { kind: 'lost', why };
  }

  async function retire({ retired, turns, process }: Running): Promise<void> {
    if (retired && turns === 0) await process.end();
  }

  async function close(): Promise<void> {
    closing.abort();
    await current;
    await Promise.all([...running].map(({ process }) => process.end()));
  }
}

interface Running {
  readonly kind: 'running';
  readonly process: ServerProcess;
  /** Turns that it was given in all, and those that are in it now. */
  taken: number;
  turns: number;
  /** It gets no further turns, and ends with the last one. */
  retired: boolean;
  /** What was wrong with it when it was taken away for that. */
  unwell: string | undefined;
}

interface Lost {
  readonly kind: 'lost';
  readonly why: string;
}

const stopping: Lost = { kind: 'lost', why: 'oompa is being stopped' };
