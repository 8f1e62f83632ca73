import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from '../../src/commands/io.ts';
import { swarm } from '../../src/commands/swarm.ts';
import type { SwarmOptions } from '../../src/commands/swarm.ts';
import type { EventType, RunEvent } from '../../src/core/event.ts';
import { startFakeAgents } from './fake-agent.ts';
import type { FakeAgents } from './fake-agent.ts';
import { repository } from './repository.ts';
import type { TestRepository } from './repository.ts';

/** A workspace with fake agents on its PATH: the test says what every agent does, step by step. */
export interface World {
  readonly repo: TestRepository;
  readonly agents: FakeAgents;
  /** Starts a run; it goes on while the test answers its agents. */
  readonly swarm: (options?: SwarmOptions) => Run;
  /** The ids in a state folder, sorted. */
  readonly tasks: (state: string) => Promise<string[]>;
  /** The text of a task file. */
  readonly task: (state: string, id: string) => Promise<string>;
  /** Ends agents, removes the repository, and fails when a process or a lock was left behind. */
  readonly close: () => Promise<void>;
}

/** A run of the world. */
export interface Run {
  /** All events so far, in order. */
  readonly events: readonly RunEvent[];
  /** The next event of that type, or one that has come already. Rejects when the run ends without one. */
  seen<T extends EventType>(type: T): Promise<Extract<RunEvent, { type: T }>>;
  all<T extends EventType>(type: T): Extract<RunEvent, { type: T }>[];
  /** What it said on stderr. */
  said(): string;
  /** Ctrl-C, or a termination signal. */
  stop(how: 'polite' | 'now'): void;
  /** Resolves at the end of the run. */
  readonly exitCode: Promise<number>;
}

/** One worker `builders-1` with the fake opencode; no reviewer, no checks. Tests add what they are about. */
const plainConfig = 'workers: [{ name: builders, harness: opencode }]\n';

/** Opens a world: `files` are committed; task files go to `tasks/pending/`, which is git-ignored. */
export async function openWorld(given: {
  readonly config?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** id → text of `tasks/pending/<id>.yaml`. */
  readonly tasks?: Readonly<Record<string, string>>;
  /** Laid over the environment of the runs: for tests with real CLIs. */
  readonly env?: Readonly<Record<string, string>>;
}): Promise<World> {
  const repo = await repository({
    'README.md': '# World\n',
    '.gitignore': '.oompa/\nruns/\ntasks/\n',
    'oompa.config.yaml': given.config ?? plainConfig,
    ...given.files,
  });
  for (const [id, text] of Object.entries(given.tasks ?? {})) await repo.write(`tasks/pending/${id}.yaml`, text);
  const agents = await startFakeAgents();
  return {
    repo,
    agents,
    swarm: (options = {}) => startRun(repo, { ...process.env, ...agents.env, ...given.env }, options),
    tasks: async (state) => {
      const names = await readdir(join(repo.path, 'tasks', state)).catch(() => []);
      return names
        .filter((name) => !name.startsWith('.'))
        .map((name) => name.replace(/\.\w+$/, ''))
        .sort();
    },
    task: (state, id) => readFile(join(repo.path, 'tasks', state, `${id}.yaml`), 'utf8'),
    async close() {
      await agents.close();
      await repo.remove();
    },
  };
}

function startRun(repo: TestRepository, env: NodeJS.ProcessEnv, options: SwarmOptions): Run {
  const events: RunEvent[] = [];
  const listeners = new Set<(event: RunEvent) => void>();
  let errors = '';
  let rest = '';
  let stop: ((how: 'polite' | 'now') => void) | undefined;
  const io: Io = {
    cwd: repo.path,
    stdout(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as RunEvent;
        events.push(event);
        for (const listener of listeners) listener(event);
      }
    },
    stderr(text) {
      errors += text;
    },
    color: false,
    columns: 80,
    terminal: undefined,
    now: () => new Date(),
    env,
    onStop(handler) {
      stop = handler;
    },
  };
  const exitCode = swarm({ json: true, ...options }, io);
  const isType =
    <T extends EventType>(type: T) =>
    (event: RunEvent): event is Extract<RunEvent, { type: T }> =>
      event.type === type;
  return {
    events,
    said: () => errors,
    all: (type) => events.filter(isType(type)),
    seen: (type) =>
      new Promise((resolve, reject) => {
        const known = events.find(isType(type));
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const ended = () => {
          reject(new Error(`the run ended without ${type}: ${errors}`));
        };
        void exitCode.then(ended, ended);
        const listener = (event: RunEvent) => {
          if (!isType(type)(event)) return;
          listeners.delete(listener);
          resolve(event);
        };
        listeners.add(listener);
      }),
    stop: (how) => stop?.(how),
    exitCode,
  };
}
