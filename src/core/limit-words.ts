import type { EventMap } from './event.ts';
import type { FailureKind } from './failure.ts';

/** What somebody waits for: `for the rate limit of codex gpt-5.3`. */
export function limitWords(agent: string, limit: FailureKind | 'full'): string {
  return words[limit]?.(agent) ?? `for another try of ${agent} (${limit})`;
}

const words: Readonly<Partial<Record<FailureKind | 'full', (agent: string) => string>>> = {
  full: (agent) => `for its turn: no more turns of ${agent} at a time`,
  'rate-limited': (agent) => `for the rate limit of ${agent}`,
  quota: (agent) => `for the quota of ${agent}`,
  auth: (agent) => `for a new login of ${agent}`,
  overloaded: (agent) => `for the provider of ${agent}, which is overloaded`,
  network: (agent) => `for the network of ${agent}`,
  'attach-unreachable': (agent) => `for the server of ${agent}`,
};

/** What a worker waits for between two tries of a turn. */
export function retryWords({ agent, failure }: Pick<EventMap['retry:planned'], 'agent' | 'failure'>): string {
  return limitWords(agent, failure.kind);
}

/** What became of a server that oompa runs for its agents. */
export function serverWords({ harness, now, why }: EventMap['server:changed']): string {
  switch (now) {
    case 'ready':
      return `the server for ${harness} is ready`;
    case 'lost':
      return `the server for ${harness} was lost (${why}); it is started again`;
    case 'given-up':
      return `the server for ${harness} can't be kept up (${why}); turns run without it`;
  }
}
