import { beforeAll, describe, expect, it } from 'vitest';
import { checkLogs } from './checker.ts';
import { endingOf } from './fates.ts';
import type { LogEvent } from './logs.ts';
import type { Performance } from './perform.ts';
import type { Played } from './play-soak.ts';
import { playSoak, shareOfFailures } from './play-soak.ts';
import { report } from './report.ts';

/** A slice of `npm run soak`, the same each time. */
let played: Played;

beforeAll(async () => {
  played = await playSoak({ tasks: 16, workers: 3, failures: 0.3, seed: 'slice' });
}, 240_000);

describe('a swarm whose agents fail in many ways', () => {
  it('settles every task, starts what its policy says, and leaves nothing behind', () => {
    expect(report(played)).toMatch(/\n\d+ passed, 0 failed\n$/);
  });

  it('has met enough of them to tell', () => {
    const { calls } = played.performed;
    const kinds = new Set(calls.flatMap(({ fate }) => (endingOf(fate).ending === 'failed' ? [fate] : [])));
    expect(kinds.size).toBeGreaterThan(8);
    expect(shareOfFailures(played.performed)).toBeGreaterThan(0.2);
  });
});

describe('the check of a soak', () => {
  it('notices a process that the run log does not tell of', () => {
    const { calls } = played.performed;
    expect(wrongWith({ calls: [...calls, calls.at(-1)!] })).toContain(
      'the run log tells of every process, of nothing else, and of what was injected',
    );
  });

  it('notices a failure that was taken for another', () => {
    const { calls } = played.performed;
    const failed = calls.find(({ fate }) => endingOf(fate).ending === 'failed');
    const other = failed?.fate === 'unknown' ? 'crashed' : 'unknown';
    const mistaken = calls.map((call) => (call.fate === failed?.fate ? { ...call, fate: other } : call));
    expect(wrongWith({ calls: mistaken })).toContain(
      'the run log tells of every process, of nothing else, and of what was injected',
    );
    expect(wrongWith({ calls: mistaken })).toContain('the summary counts the failures that were injected');
  });

  it.each(['retry:planned', 'retry:succeeded', 'chain:advanced'])('notices a %s too few, or too many', (type) => {
    const { events } = played.performed.run;
    const index = events.findIndex((event) => event.type === type);
    expect(wrongWith({ events: events.toSpliced(index, 1) })).toContain(policy);
    expect(wrongWith({ events: events.toSpliced(index, 0, events[index]!) })).toContain(policy);
  });

  it('notices an agent that was asked once more than the policy says', () => {
    const { calls, run } = played.performed;
    const index = run.events.findIndex((event) => event.type === 'chain:advanced');
    const { task } = run.events[index] as LogEvent & { readonly task: string };
    const ended = run.events.findLastIndex(
      ({ type, ...of }, at) => at < index && type.endsWith(':ended') && of['task'] === task,
    );
    const started = run.events.findLastIndex(
      ({ type, ...of }, at) => at < ended && type.endsWith(':started') && of['task'] === task,
    );
    const events = run.events.toSpliced(index, 0, run.events[started]!, run.events[ended]!);
    const nth = run.events.slice(0, started).filter(({ type, ...of }) => isStart(type) && of['task'] === task).length;
    const own = calls.filter((call) => call.task === task);
    const others = calls.filter((call) => call.task !== task);
    expect(wrongWith({ events, calls: [...others, ...own.toSpliced(nth, 0, own[nth]!)] })).toContain(policy);
  });

  it('notices more turns at a time than an agent may have', () => {
    const { calls } = played.performed;
    const [first] = calls.filter(({ agent }) => agent.startsWith('codex'));
    const others = calls.map((call) => (call.agent === first?.agent ? { ...call, at: first.at } : call));
    expect(wrongWith({ calls: others })).toContain('no agent has more turns at work than it may');
  });

  it('notices an agent that was asked while its limit held', () => {
    const { events } = played.performed.run;
    const index = events.findLastIndex((event) => event.type === 'turn:started');
    const { harness, model, at } = events[index] as LogEvent & { readonly harness: string; readonly model: string };
    const limited = {
      ...{ type: 'agent:limited', at, agent: `${harness} ${model}`, why: 'quota: used up' },
      until: new Date(at + 60_000).toISOString(),
    };
    expect(wrongWith({ events: events.toSpliced(index, 0, limited) })).toContain(
      'no agent is asked while its limit holds',
    );
  });
});

const policy = 'every call, retry and fallback is what the policy says';

/** Names of the checks that find something in the slice's logs, laid over by these. */
function wrongWith(changed: {
  readonly calls?: Performance['calls'];
  readonly events?: readonly LogEvent[];
}): string[] {
  const { calls, run } = played.performed;
  const changedRun = { ...run, events: changed.events ?? run.events };
  const checks = checkLogs({ calls: changed.calls ?? calls, run: changedRun, server: 'none' });
  return checks.flatMap(({ name, problems }) => (problems.length > 0 ? [name] : []));
}

function isStart(type: string): boolean {
  return type === 'turn:started' || type === 'review:started';
}
