import type { LogEvent, RunLog } from './logs.ts';
import { textIn } from './logs.ts';

/** What the run log had told of the limits of an agent before some event. */
export interface Told {
  /** It is not asked any more in this run. */
  readonly out: boolean;
  /** No turn is begun before, in milliseconds since the epoch; -Infinity when nothing was told. */
  readonly until: number;
  /** The same for a login that was refused: a newer one ends that early. */
  readonly untilLogin: number;
  /** The fewest turns at a time that it was cut down to; it may have been more again since. */
  readonly most: number;
  readonly why: string;
}

/** What was told of this agent in the events before `index`, and of its waits in earlier runs. */
export function toldOf(agent: string, { events, earlier }: RunLog, index: number): Told {
  const limits = [...earlier, ...events.slice(0, index)].filter(
    (event) => event.type === 'agent:limited' && textIn(event, 'agent') === agent,
  );
  const whys = limits.map((event) => textIn(event, 'why'));
  const mosts = whys.flatMap((why) => /^at most (\d+) /.exec(why)?.[1] ?? []);
  return {
    out: limits.some((event) => event['until'] === undefined && !earlier.includes(event)),
    until: latest(limits.filter((event) => !isOfLogin(event))),
    untilLogin: latest(limits.filter(isOfLogin)),
    most: Math.min(...mosts.map(Number)),
    why: whys.at(-1) ?? '',
  };
}

function latest(limits: readonly LogEvent[]): number {
  return Math.max(...limits.map((event) => Date.parse(textIn(event, 'until'))).filter((each) => !Number.isNaN(each)));
}

function isOfLogin(event: LogEvent): boolean {
  return /(?:^|; )auth: /.test(textIn(event, 'why'));
}
