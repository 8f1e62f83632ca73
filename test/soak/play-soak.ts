import { startCli } from '../rig/cli.ts';
import type { Check } from './checker.ts';
import { joinCalls } from './checker-calls.ts';
import { checkLogs, checkRun, checkStopped } from './checker.ts';
import { startAttachServer } from './attach-server.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import type { Fate } from './fates.ts';
import { endingOf } from './fates.ts';
import type { Performance } from './perform.ts';
import { performRun } from './perform.ts';
import type { Order } from './plan.ts';
import { endlessTasks, planOf } from './plan.ts';
import { openStage } from './stage.ts';
import { dooms } from './swarm-config.ts';

/** A soak from start to end. */
export interface Played {
  readonly order: Order;
  /** The run with failures. */
  readonly performed: Performance;
  readonly checks: readonly Check[];
  readonly seconds: number;
  /** Where all of it lies; gone when all is well. */
  readonly folder: string;
}

/** A soak of this many tasks needs to have met every failure that there is. */
const largeFrom = 100;

/**
 * Runs a swarm among failures; then one that is stopped while its agents are at work and the server of some is down; then
 * one to the end, with agents that are well. All of them are checked.
 */
export async function playSoak(order: Order): Promise<Played> {
  const begun = performance.now();
  const tasks = planOf(order, dooms);
  const stage = await openStage(order.workers, tasks);
  const attached = await startAttachServer();
  try {
    const performed = await performRun(stage);
    const first = [...checkLogs(performed), ...(await checkRun(stage, performed, { tasks, healed: false }))];

    await stage.heal();
    const endless = endlessTasks(order.workers);
    const larger = await stage.withTasks(endless);
    attached.down = true;
    const stopped = await performRun(larger, { attached, stopAt: order.workers });
    const second = [...checkLogs(stopped), ...(await checkStopped(larger, stopped))];

    await stage.heal();
    attached.down = false;
    await startCli(stage.workspace.root, ['tasks', 'requeue', '--failed'], stage.env).ended;
    const healed = await performRun(larger, { attached });
    const all = [...tasks, ...endless];
    const third = [...checkLogs(healed), ...(await checkRun(larger, healed, { tasks: all, healed: true }))];

    const isLarge = order.tasks >= largeFrom && order.failures > 0;
    const checks = [
      ...first,
      ...second.map(({ name, problems }) => ({ name: `stopped: ${name}`, problems })),
      ...third.map(({ name, problems }) => ({ name: `with agents that are well: ${name}`, problems })),
      checkVariety([performed, stopped, healed], isLarge ? everyFailure : failuresOfSmallSoaks),
    ];
    if (checks.every(({ problems }) => problems.length === 0)) await stage.close();
    return { order, performed, checks, seconds: (performance.now() - begun) / 1000, folder: stage.folder };
  } finally {
    await attached.close();
  }
}

function checkVariety(performances: readonly Performance[], expected: readonly Fate[]): Check {
  const calls = performances.flatMap(({ calls: made, run, server }) => [
    ...joinCalls(made, run, server).joined.values(),
  ]);
  const met = new Set<string>(calls.map(({ call }) => call.fate));
  const missed = expected.filter((fate) => !met.has(fate));
  return {
    name: 'every kind of failure was met',
    problems: missed.map((fate) => `no agent ended as ${fate}: play it with another seed, or with more tasks`),
  };
}

const failuresOfSmallSoaks: readonly Fate[] = ['stopped', 'attach-unreachable'];

/** The fates that are a failure of this kind: each is to be met. A kind more in the product is an error of the compiler's here. */
const fatesByKind: Readonly<Record<FailureKind, readonly Fate[]>> = {
  auth: ['auth'],
  quota: ['quota', 'bare-quota'],
  'rate-limited': ['rate-limited', 'bare-rate-limit'],
  overloaded: ['overloaded', 'bare-overload'],
  crashed: ['crashed', 'killed'],
  silent: ['silent', 'stubborn'],
  'not-installed': ['not-installed'],
  'spawn-failed': ['spawn-failed'],
  network: ['network'],
  'model-unknown': ['model-unknown'],
  'context-full': ['context-full'],
  'session-gone': ['session-gone'],
  'session-in-use': ['session-in-use'],
  'permission-denied': ['permission-denied'],
  'state-locked': ['state-locked'],
  'state-corrupt': ['state-corrupt'],
  'mcp-handshake': ['mcp-handshake'],
  'attach-unreachable': ['attach-unreachable'],
  'no-output': ['no-output'],
  'no-final-message': ['no-final-message'],
  'output-too-large': ['output-too-large'],
  timeout: ['timeout'],
  'over-budget': ['over-budget'],
  stopped: ['stopped'],
  unknown: ['unknown'],
};

const oddities: readonly Fate[] = ['child', 'holds-output', 'finished'];

const everyFailure = [...Object.values(fatesByKind).flat(), ...oddities];

/** The share of calls that failed, or left something behind. */
export function shareOfFailures({ calls }: Performance): number {
  const bad = calls.filter(
    ({ fate }) => endingOf(fate).ending === 'failed' || /^(child|holds-output|finished)$/.test(fate),
  );
  return calls.length === 0 ? 0 : bad.length / calls.length;
}
