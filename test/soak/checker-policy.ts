import type { LoggedCall } from './checker-calls.ts';
import { endingOf, verdictOf } from './fates.ts';
import { toldOf } from './limits-told.ts';
import type { LogEvent, RunLog } from './logs.ts';
import { kindIn, numberIn, textIn } from './logs.ts';
import { expectedNext } from './policy.ts';
import type { Role } from './plays.ts';
import type { Agent, Chains } from './swarm-config.ts';
import { backoff, limits } from './swarm-config.ts';

/** How one iteration must have ended, as far as its calls tell. */
interface ExpectedEnd {
  readonly outcome: string;
  /** Of the last call, where that is why it ended. */
  readonly kind: string;
}

/**
 * Goes through the calls of each iteration as the policy must have: who is asked, how often, in which session, when the next
 * agent is, and how it all ends. Gives what went another way, a line each.
 */
export function checkPolicy(run: RunLog, joined: ReadonlyMap<LogEvent, LoggedCall>, chains: Chains): string[] {
  return iterationsOf(run.events).flatMap((events) => {
    const walk = newWalk(run, events, joined, chains);
    const problems: string[] = [];
    let expected: ExpectedEnd | undefined;
    try {
      while (walk.hasMore()) expected = walk.asking();
      const ended = events.find(({ type }) => type === 'iteration:ended');
      if (ended !== undefined) problems.push(...endProblems(ended, expected));
    } catch (error) {
      if (!(error instanceof OffPath)) throw error;
      problems.push(error.message);
    }
    const [{ task = '', worker = '', iteration = 0 } = {}] = events as {
      task?: string;
      worker?: string;
      iteration?: number;
    }[];
    return problems.map((problem) => `${task}, ${worker} iteration ${String(iteration)}: ${problem}`);
  });
}

/** The run went another way than the policy. */
class OffPath extends Error {}

const walked: ReadonlySet<string> = new Set([
  ...['turn:started', 'review:started', 'turn:ended', 'review:ended'],
  ...['retry:planned', 'retry:succeeded', 'chain:advanced', 'iteration:ended'],
]);

function iterationsOf(events: readonly LogEvent[]): LogEvent[][] {
  const groups = new Map<string, LogEvent[]>();
  for (const event of events) {
    if (!walked.has(event.type)) continue;
    const key = `${textIn(event, 'worker')} ${String(numberIn(event, 'iteration'))}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups.values()];
}

function newWalk(
  run: RunLog,
  events: readonly LogEvent[],
  joined: ReadonlyMap<LogEvent, LoggedCall>,
  chains: Chains,
): { hasMore(): boolean; asking(): ExpectedEnd | undefined } {
  let at = 0;
  let workerLink = 0;
  let rounds = 0;
  const sessions = new Map<string, string>();

  const peek = () => events[at];
  const isNext = (type: string) => peek()?.type === type;
  const take = (type: string): LogEvent => {
    const event = events[at];
    if (event?.type !== type) throw new OffPath(`${type} was to come, and ${wordsOf(event)} came`);
    at += 1;
    return event;
  };

  /** One turn or one round of review, with all its tries. */
  function asking(): ExpectedEnd | undefined {
    const role = roleOf(peek());
    if (role === 'reviewer') rounds += 1;
    const chain = chains[poolOf(peek())]?.[role] ?? [];
    const from = role === 'worker' ? workerLink : 0;
    const order = [...chain.slice(from), ...chain.slice(0, from)];
    let tries = 0;
    let kind: string | undefined;
    for (const [index, agent] of order.entries()) {
      const name = `${agent.harness} ${agent.model}`;
      const link = askLink(name, agent, { role, isLast: index === order.length - 1, tries });
      tries = link.tries;
      kind = link.kind;
      if (link.calls > 0 && role === 'worker') workerLink = (from + index) % chain.length;
      if (link.result !== undefined) return link.result === 'go on' ? undefined : link.result;
      if (index < order.length - 1) advance(name, order[index + 1]!);
    }
    return nobody(role, kind ?? '');
  }

  interface Asked {
    readonly role: Role;
    readonly isLast: boolean;
    readonly tries: number;
  }

  /** All tries with one agent. */
  function askLink(name: string, agent: Agent, asked: Asked) {
    const made = { again: 0, fresh: 0 };
    let { tries } = asked;
    let calls = 0;
    let mustBeFresh = asked.role === 'reviewer';
    for (;;) {
      const shut = shutOut(name, asked.isLast);
      if (shut !== undefined) return { tries, kind: shut, calls, result: undefined };
      const logged = call(name, asked.role);
      calls += 1;
      tries += 1;
      if (mustBeFresh && logged.call.memory !== 'fresh') throw new OffPath(`${name} was to begin a new session`);
      const before = sessions.get(name);
      if (logged.call.memory === 'resumed' && logged.call.asked !== before)
        throw new OffPath(`${name} resumed ${logged.call.asked}, not ${before ?? 'nothing'}`);
      if (logged.call.session !== '') sessions.set(name, logged.call.session);
      const ending = endingOf(logged.call.fate);
      if (ending.ending === 'answered') {
        const verdict = asked.role === 'reviewer' ? verdictOf(logged.call.fate) : 'answered';
        if (verdict === 'ambiguous') return { tries, kind: 'ambiguous', calls, result: undefined };
        if (made.again > 0 || made.fresh > 0) expectTry('retry:succeeded', name, tries);
        return { tries, kind: '', calls, result: endAfter(verdict) };
      }
      const { kind } = ending;
      if (kind === 'stopped') return { tries, kind, calls, result: { outcome: 'interrupted', kind: '' } };
      const next = expectedNext(kind, agent.harness, made, backoff.length);
      if (next === 'advance') return { tries, kind, calls, result: undefined };
      // A limit that its agent has met since is a better reason than a try that could not be made yet.
      const isShut = !isNext('retry:planned') && shutOut(name, asked.isLast) !== undefined;
      if (isShut) return { tries, kind, calls, result: undefined };
      const planned = expectTry('retry:planned', name, tries + 1);
      if (kindIn(planned, 'failure') !== kind)
        throw new OffPath(`a retry was planned for ${kindIn(planned, 'failure')}, not ${kind}`);
      mustBeFresh = asked.role === 'reviewer' || next === 'again-fresh';
      if (next === 'again-fresh') made.fresh += 1;
      else made.again += 1;
    }
  }

  function call(name: string, role: Role): LoggedCall {
    const started = take(role === 'worker' ? 'turn:started' : 'review:started');
    const logged = joined.get(started);
    if (logged === undefined) throw new OffPath(`${wordsOf(started)}, and no process was started`);
    if (logged.call.agent !== name) throw new OffPath(`${name} was to be asked, and ${logged.call.agent} was`);
    take(role === 'worker' ? 'turn:ended' : 'review:ended');
    return logged;
  }

  function expectTry(type: string, name: string, number: number): LogEvent {
    const event = take(type);
    if (textIn(event, 'agent') !== name || numberIn(event, 'try') !== number)
      throw new OffPath(
        `${type} of ${textIn(event, 'agent')}, try ${String(event['try'])}; it was try ${String(number)} of ${name}`,
      );
    return event;
  }

  function advance(from: string, to: Agent): void {
    const event = take('chain:advanced');
    if (textIn(event, 'agent') !== from || textIn(event, 'to') !== `${to.harness} ${to.model}`)
      throw new OffPath(`the chain went from ${textIn(event, 'agent')} to ${textIn(event, 'to')}, not from ${from}`);
  }

  /** The kind of the limit for which it is passed over without a call; everybody must have been told of that. */
  function shutOut(name: string, isLast: boolean): string | undefined {
    if (isNext('turn:started') || isNext('review:started')) return undefined;
    const event = peek();
    const told = event === undefined ? undefined : toldOf(name, run, run.events.indexOf(event));
    const isSkipped = isLast ? isNext('iteration:ended') : isNext('chain:advanced') && textIn(event!, 'agent') === name;
    if (event === undefined || told === undefined || !isSkipped)
      throw new OffPath(`${name} was to be asked, and ${wordsOf(event)} came`);
    if (told.out || Math.max(told.until, told.untilLogin) > event.at)
      return /(?:^|; )([a-z-]+): /.exec(told.why)?.[1] ?? '';
    throw new OffPath(`${name} was passed over without a limit that anybody was told of (last: ${told.why || 'none'})`);
  }

  function endAfter(verdict: string): ExpectedEnd | 'go on' {
    if (verdict === 'approved') return { outcome: 'landed', kind: '' };
    if (verdict === 'rejected') return { outcome: 'rejected', kind: '' };
    if (verdict === 'needs-changes' && rounds >= limits.rounds) return { outcome: 'rounds-exhausted', kind: '' };
    return 'go on';
  }

  return { hasMore: () => at < events.length && !isNext('iteration:ended'), asking };
}

/** Nobody of a chain brought a result. */
function nobody(role: Role, kind: string): ExpectedEnd {
  return role === 'worker' ? { outcome: 'agent-failed', kind } : { outcome: 'review-unavailable', kind: '' };
}

function endProblems(ended: LogEvent, expected: ExpectedEnd | undefined): string[] {
  const { outcome } = ended as {
    readonly outcome?: { readonly kind?: string; readonly failure?: { readonly kind?: string } };
  };
  const kind = outcome?.failure?.kind ?? '';
  const wanted = expected ?? { outcome: 'another call', kind: '' };
  return outcome?.kind === wanted.outcome && kind === wanted.kind
    ? []
    : [`it ended as ${outcome?.kind ?? 'nothing'} ${kind}, and its calls say ${wanted.outcome} ${wanted.kind}`];
}

function roleOf(event: LogEvent | undefined): Role {
  if (event === undefined) return 'worker';
  const isReview = event.type === 'review:started' || textIn(event, 'role') === 'reviewer';
  return isReview ? 'reviewer' : 'worker';
}

function poolOf(event: LogEvent | undefined): string {
  return event === undefined ? '' : textIn(event, 'worker').replace(/-\d+$/, '');
}

function wordsOf(event: LogEvent | undefined): string {
  return event === undefined ? 'the end' : `${event.type} ${textIn(event, 'agent')}`.trim();
}
