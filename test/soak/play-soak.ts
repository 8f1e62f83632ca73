import { startCli } from '../rig/cli.ts';
import type { Check } from './checker.ts';
import { checkLogs, checkRun, hasFailures } from './checker.ts';
import { endingOf } from './fates.ts';
import type { Performance } from './perform.ts';
import { performRun } from './perform.ts';
import type { Order, PlannedTask } from './plan.ts';
import { planOf } from './plan.ts';
import type { Stage } from './stage.ts';
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

/** Runs a swarm among failures, then, where a task has failed, once more without any, and checks both. */
export async function playSoak(order: Order): Promise<Played> {
  const begun = performance.now();
  const tasks = planOf(order, dooms);
  const stage = await openStage(order.workers, tasks);
  const performed = await performRun(stage);
  const checks: Check[] = [
    ...checkLogs(performed),
    ...(await checkRun(stage, performed, { tasks, healed: false })),
    ...(order.tasks < largeFrom || order.failures === 0 ? [] : [checkVariety(performed)]),
  ];

  if (await hasFailures(stage)) checks.push(...(await playHealed(stage, tasks)));

  const isWell = checks.every(({ problems }) => problems.length === 0);
  if (isWell) await stage.close();
  return { order, performed, checks, seconds: (performance.now() - begun) / 1000, folder: stage.folder };
}

/** What has failed is put back, for agents that are well. */
async function playHealed(stage: Stage, tasks: readonly PlannedTask[]): Promise<Check[]> {
  await stage.heal();
  await startCli(stage.workspace.root, ['tasks', 'requeue', '--failed'], stage.env).ended;
  const performed = await performRun(stage);
  const checks = [...checkLogs(performed), ...(await checkRun(stage, performed, { tasks, healed: true }))];
  return checks.map(({ name, problems }) => ({ name: `with agents that are well: ${name}`, problems }));
}

function checkVariety({ calls }: Performance): Check {
  const met = new Set(calls.map(({ fate }) => fate));
  const missed = everyFailure.filter((fate) => !met.has(fate));
  return {
    name: 'every kind of failure was met',
    problems: missed.map((fate) => `no agent ended as ${fate}: play it with another seed, or with more tasks`),
  };
}

const everyFailure = [
  ...['auth', 'bare-quota', 'model-unknown', 'state-corrupt', 'permission-denied'],
  ...['quota', 'rate-limited', 'overloaded', 'network', 'bare-rate-limit', 'bare-overload'],
  ...['context-full', 'session-gone', 'session-in-use', 'state-locked', 'mcp-handshake'],
  ...['no-output', 'no-final-message', 'output-too-large', 'timeout', 'silent', 'stubborn'],
  ...['crashed', 'killed', 'unknown', 'child', 'holds-output', 'finished'],
];

/** The share of calls that failed, or left something behind. */
export function shareOfFailures({ calls }: Performance): number {
  const bad = calls.filter(
    ({ fate }) => endingOf(fate).ending === 'failed' || /^(child|holds-output|finished)$/.test(fate),
  );
  return calls.length === 0 ? 0 : bad.length / calls.length;
}
