import type { Unstarted } from './fates.ts';
import { endingOf, verdictOf } from './fates.ts';
import type { Call, LogEvent, RunLog } from './logs.ts';
import { agentIn, kindIn, textIn } from './logs.ts';

/** A call with the events that the run log has of it. */
export interface LoggedCall {
  readonly call: Call;
  readonly started: LogEvent;
  readonly ended: LogEvent;
}

/** The calls of a run joined with its log, by their order in each task; and what does not fit, a line each. */
export function joinCalls(
  calls: readonly Call[],
  { events }: RunLog,
  server: Server,
): { readonly joined: ReadonlyMap<LogEvent, LoggedCall>; readonly problems: readonly string[] } {
  const joined = new Map<LogEvent, LoggedCall>();
  const problems: string[] = [];
  const gone = [...goneIn(calls), ...(server === 'down' ? [downServer] : [])];
  const tasks = new Set([...calls.map(({ task }) => task), ...events.map((event) => textIn(event, 'task'))]);
  for (const task of [...tasks].filter((each) => each !== '').sort()) {
    const made = calls.filter((call) => call.task === task);
    const ofTask = events.filter((event) => textIn(event, 'task') === task);
    const starts = ofTask.filter(({ type }) => type === 'turn:started' || type === 'review:started');
    const ends = ofTask.filter(({ type }) => type === 'turn:ended' || type === 'review:ended');
    const own = withUnstarted(made, starts, ends, gone);
    if (own.length !== starts.length || own.length !== ends.length) {
      const told = `${String(starts.length)} starts and ${String(ends.length)} ends`;
      const missed = own.length === made.length ? '' : ` (${String(own.length - made.length)} could not be started)`;
      problems.push(`${task}: ${String(made.length)} processes${missed}, and the run log tells of ${told}`);
    }
    own.forEach((call, index) => {
      const [started, ended] = [starts[index], ends[index]];
      if (started === undefined || ended === undefined) return;
      const logged = { call, started, ended };
      joined.set(started, logged);
      problems.push(
        ...disagreements(logged).map((each) => `${task}, call ${String(index + 1)} (${call.fate}): ${each}`),
      );
    });
  }
  return { joined, problems };
}

/** Whether opencode's turns go through a server, and how that is. */
export type Server = 'none' | 'up' | 'down';

/** Why agents can't be started from a moment on. */
interface Gone {
  readonly kind: Unstarted;
  readonly since: number;
  readonly isOf: (agent: string) => boolean;
}

const downServer: Gone = {
  kind: 'attach-unreachable',
  since: -Infinity,
  isOf: (agent) => agent.startsWith('opencode '),
};

/** Programs that are not there any more, or can't be executed, after the last call that they have made. */
function goneIn(calls: readonly Call[]): Gone[] {
  return calls.flatMap(({ agent, fate, at }) => {
    const kind = fate === 'vanishes' ? 'not-installed' : fate === 'locks' ? 'spawn-failed' : undefined;
    return kind === undefined ? [] : [{ kind, since: at, isOf: (other) => other === agent }];
  });
}

/** The calls of a task, and in their places those that could not be made: the stage has seen to that. */
function withUnstarted(
  made: readonly Call[],
  starts: readonly LogEvent[],
  ends: readonly LogEvent[],
  gone: readonly Gone[],
): Call[] {
  const left = [...made];
  const all = starts.flatMap((started, index): Call[] => {
    const agent = agentIn(started);
    const cause = gone.find(({ since, isOf }) => isOf(agent) && started.at > since);
    const ended = ends[index];
    if (cause === undefined || ended === undefined) return left.splice(0, 1);
    const role = started.type === 'review:started' ? 'reviewer' : 'worker';
    const [run, worker, task] = ['', textIn(started, 'worker'), textIn(started, 'task')];
    const session = { memory: textIn(started, 'session'), asked: '', session: '' };
    return [{ at: started.at, run, task, worker, role, agent, ...session, fate: cause.kind }];
  });
  return [...all, ...left];
}

/** Everything that both of them tell must be the same. */
function disagreements({ call, started, ended }: LoggedCall): string[] {
  const isReview = started.type === 'review:started';
  const expected = endingOf(call.fate);
  const pairs: (readonly [what: string, process: unknown, log: unknown])[] = [
    ['role', call.role, isReview ? 'reviewer' : 'worker'],
    ['agent', call.agent, agentIn(started)],
    ['agent at the end', call.agent, agentIn(ended)],
    ['worker', call.worker, textIn(started, 'worker')],
    ['kind of failure', expected.ending === 'failed' ? expected.kind : '', kindIn(ended, 'failure')],
    [
      'start',
      'between its events',
      call.at < started.at || call.at > ended.at ? 'outside of them' : 'between its events',
    ],
    ...(isReview
      ? ([['verdict', expected.ending === 'failed' ? 'failed' : verdictOf(call.fate), ended['verdict']]] as const)
      : ([
          ['ending', expected.ending, ended['ending']],
          ['session', call.memory, started['session']],
          ['recovered', expected.ending === 'answered' && expected.recovered, ended['recovered'] === true],
        ] as const)),
  ];
  return pairs.flatMap(([what, process, log]) =>
    process === log ? [] : [`${what}: ${String(process)}, and in the run log ${String(log)}${detailOf(ended)}`],
  );
}

function detailOf(event: LogEvent): string {
  const { failure } = event as { readonly failure?: { readonly detail?: string } };
  return failure?.detail === undefined ? '' : ` (${failure.detail})`;
}
