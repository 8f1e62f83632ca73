import type { LoggedCall } from './checker-calls.ts';
import { mostAtOnce } from './checker-limits.ts';
import { toldOf } from './limits-told.ts';
import type { LogEvent, RunLog } from './logs.ts';
import { textIn } from './logs.ts';
import type { Chains } from './swarm-config.ts';

/** A wait in the middle of a task for a limit of an agent's. */
export interface Wait {
  readonly worker: string;
  readonly task: string;
  readonly agent: string;
  readonly why: string;
  readonly from: number;
  /** When its worker went on. */
  readonly to: number;
}

/** Longer than the patience that the config asks for, in milliseconds. */
const longMs = 6000;

/** Nobody goes on waiting for an agent whose limit lasts long once another of the chain could take the turn. */
export function checkWaits(
  run: RunLog,
  calls: readonly LoggedCall[],
  { chains, caps }: { readonly chains: Chains; readonly caps: Readonly<Record<string, number>> },
): string[] {
  return waitsIn(run.events).flatMap((wait) => {
    const pool = chains[wait.worker.replace(/-\d+$/, '')];
    const chain = [pool?.worker ?? [], pool?.reviewer ?? []].map((agents) =>
      agents.map(({ harness, model }) => `${harness} ${model}`),
    );
    const spares = chain.find((agents) => agents.includes(wait.agent))?.filter((agent) => agent !== wait.agent) ?? [];
    const ms = Math.max(0, ...spares.map((spare) => freeMs(spare, wait, { run, calls, caps })));
    return ms < longMs
      ? []
      : [
          `${wait.worker} waited ${seconds(wait.to - wait.from)} ${wait.why} (${wait.task}), and for ${seconds(ms)} of that another agent of the chain was free`,
        ];
  });
}

/** All waits that came to an end, those for a place among the turns at work aside: these end with any of them. */
export function waitsIn(events: readonly LogEvent[]): Wait[] {
  return events.flatMap((event, index) => {
    const [worker, task, why] = [textIn(event, 'worker'), textIn(event, 'task'), textIn(event, 'why')];
    if (event.type !== 'limit:waiting' || task === '' || event['until'] === undefined) return [];
    const to = events.slice(index + 1).find((each) => each['worker'] === worker && each['task'] === task);
    return to === undefined ? [] : [{ worker, task, agent: textIn(event, 'agent'), why, from: event.at, to: to.at }];
  });
}

/** For how many milliseconds of a wait an agent had a place and no limit, a look every half a second. */
function freeMs(
  agent: string,
  { from, to }: Wait,
  {
    run,
    calls,
    caps,
  }: {
    readonly run: RunLog;
    readonly calls: readonly LoggedCall[];
    readonly caps: Readonly<Record<string, number>>;
  },
): number {
  const cap = caps[agent.split(' ')[0] ?? ''] ?? Infinity;
  const own = calls.filter(({ call, ended }) => call.agent === agent && call.at <= to && ended.at >= from);
  let free = 0;
  for (let at = from; at < to; at += stepMs) {
    const before = run.events.findLastIndex((event) => event.at <= at);
    const { out, until, untilLogin, most } = toldOf(agent, run, before + 1);
    const working = own.filter(({ call, ended }) => call.at <= at && ended.at >= at);
    if (!out && Math.max(until, untilLogin) <= at && mostAtOnce(working) < Math.min(cap, most)) free += stepMs;
  }
  return free;
}

const stepMs = 500;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
