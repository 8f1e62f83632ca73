import type { Fate } from './fates.ts';
import type { Role } from './plays.ts';

/** An agent of a chain. */
export interface Agent {
  readonly harness: string;
  readonly model: string;
}

/** Who is asked in which order, by pool. */
export type Chains = Readonly<Record<string, Readonly<Record<Role, readonly Agent[]>>>>;

/** Agents that stand before the others until something happens to them that does not pass. */
export const dooms: Readonly<Record<string, Fate>> = {
  'claude logged-out': 'auth',
  'codex spent': 'bare-quota',
  'opencode soak/withdrawn': 'model-unknown',
  'gemini broken': 'state-corrupt',
  'opencode soak/walled': 'permission-denied',
  'opencode soak/greedy': 'over-budget',
  'vanishing plain': 'vanishes',
  'locked plain': 'locks',
};

/** At most so many turns at a time with one model. */
export const caps: Readonly<Record<string, number>> = {
  ...{ opencode: 3, claude: 2, codex: 1, gemini: 2, 'my-agent': 3 },
  // When its last process ends, no other is on its way.
  ...{ vanishing: 1, locked: 1 },
};

/** Tokens of one turn; those that use more are ended. */
export const maxTokens = 1_000_000;

/** Iterations that a task gets, and rounds of review in one. */
export const limits = { attempts: 3, rounds: 4 } as const;

/** As many further tries as entries, in milliseconds. */
export const backoff = [1, 1] as const;

/** Every CLI is the first sound one of some pool, and of some pool's reviewers. */
export const chains: Chains = Object.fromEntries(
  Object.keys(dooms).map((doomed, at) => {
    const [harness = '', model = ''] = doomed.split(' ');
    return [
      `pool-${'abcdefgh'[at] ?? ''}`,
      {
        worker: [{ harness, model }, ...rotated('plain', at).slice(0, 4)],
        reviewer: rotated('judge', at + 1).slice(0, 4),
      },
    ];
  }),
);

function rotated(model: string, by: number): Agent[] {
  const all = ['claude', 'codex', 'opencode', 'gemini', 'my-agent'].map((harness) => ({
    harness,
    model: harness === 'opencode' ? `soak/${model}` : model,
  }));
  return [...all.slice(by % all.length), ...all.slice(0, by % all.length)];
}

/** The config of a swarm with so many workers, in YAML's older sister; a patient one ends no agent that takes long. */
export function configOf(workers: number, { patient }: { readonly patient: boolean }): string {
  const pools = Object.entries(chains).slice(0, workers);
  const [first] = pools;
  const extra = (at: number) => Math.floor(workers / pools.length) + (at < workers % pools.length ? 1 : 0);
  if (first === undefined) throw new Error('a soak needs a worker');
  const config = {
    branch: 'main',
    workers: pools.map(([name, { worker, reviewer }], at) => ({
      name,
      count: extra(at),
      ...chain(worker),
      reviewer: { ...chain(reviewer), max_rounds: limits.rounds },
    })),
    // Long enough for a busy machine to start a program, short enough to be met a few times.
    limits: {
      ...{ attempts: limits.attempts, max_turns: 20, output: '1MB' },
      ...(patient ? {} : { silence: '8s', turn_timeout: '20s', turn: { max_tokens: maxTokens } }),
    },
    retry: { backoff: backoff.map((ms) => `${String(ms)}ms`), patience: '3s' },
    harnesses: Object.fromEntries(
      Object.entries(caps).map(([name, concurrency]) => [
        name,
        { concurrency, ...(unknownClis.includes(name) ? { command: [name, '--model', '{model}'], ...plainText } : {}) },
      ]),
    ),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** CLIs that oompa does not know by name. */
const unknownClis: readonly string[] = ['my-agent', 'vanishing', 'locked'];
const plainText = { prompt: 'stdin', output: 'text' } as const;

function chain([first, ...fallback]: readonly Agent[]) {
  return { ...first, fallback };
}
