import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAttempts, readAttempts } from './checker-attempts.ts';
import { checkFinished, checkInterrupted } from '../chaos/checker.ts';
import { checkProcesses } from '../chaos/checker-processes.ts';
import type { LoggedCall } from './checker-calls.ts';
import { joinCalls } from './checker-calls.ts';
import { checkBars, checkCaps } from './checker-limits.ts';
import { checkPolicy } from './checker-policy.ts';
import { checkWaits } from './checker-waits.ts';
import { endingOf } from './fates.ts';
import { moreHandles } from './handles.ts';
import type { LogEvent, RunLog } from './logs.ts';
import { countBy, textIn } from './logs.ts';
import type { Performance } from './perform.ts';
import type { PlannedTask } from './plan.ts';
import type { Stage } from './stage.ts';
import { caps, chains } from './swarm-config.ts';

/** One thing that must hold, and what is wrong with it, a line each. */
export interface Check {
  readonly name: string;
  readonly problems: readonly string[];
}

/** What must hold of the logs alone, whatever they are of. */
export function checkLogs({ calls, run, server }: Pick<Performance, 'calls' | 'run' | 'server'>): Check[] {
  const { joined, problems } = joinCalls(calls, run, server);
  const all = [...joined.values()];
  return [
    { name: 'the run log tells of every process, of nothing else, and of what was injected', problems },
    { name: 'every call, retry and fallback is what the policy says', problems: checkPolicy(run, joined, chains) },
    { name: 'no agent has more turns at work than it may', problems: checkCaps(all, caps) },
    { name: 'no agent is asked while its limit holds', problems: checkBars(run) },
    { name: 'nobody waits for a limit while another agent is free', problems: checkWaits(run, all, { chains, caps }) },
    { name: 'the summary counts the failures that were injected', problems: checkSummary(run, all) },
    { name: 'no worker is lost to one task', problems: checkWorkers(run) },
  ];
}

/** What must hold of a run and of all that it has left. `cursed` tasks have failed, all others are complete. */
export async function checkRun(
  stage: Stage,
  performed: Performance,
  { tasks, healed }: { readonly tasks: readonly PlannedTask[]; readonly healed: boolean },
): Promise<Check[]> {
  const { code, hung, stderr, leftInTmp, handles } = performed;
  const { workspace } = stage;
  const attempts = await readAttempts(stage, tasks);
  const states = Object.fromEntries(
    tasks.flatMap(({ id, cursed }) => {
      if (healed) return [];
      if (cursed) return [[id, ['failed']]];
      return attempts.get(id)?.state === 'failed' ? [[id, ['failed']]] : [];
    }),
  );
  const [first, last] = handles;
  const hasGates = first !== undefined && last !== undefined;
  const expectedCode = (await hasFailures(stage)) ? 1 : 0;
  return [
    {
      name: 'the run ends by itself, and its exit code says whether a task failed',
      problems: [
        ...(hung ? ['it did not end'] : []),
        ...(code === expectedCode ? [] : [`exit code ${String(code)}: ${stderr.slice(-2000)}`]),
        ...(stderr.includes('internal error') ? [stderr.slice(0, 2000)] : []),
      ],
    },
    {
      name: 'every task is settled, all work is kept, and no process is left',
      problems: await checkFinished(workspace, { states, torn: 0 }),
    },
    {
      name: 'a task has failed when its attempts are used up, and not before',
      problems: healed ? [] : checkAttempts(attempts, performed.run),
    },
    { name: 'no temporary folder is left', problems: leftInTmp.map((name) => `${name} is left in TMPDIR`) },
    {
      name: 'no lock, no note of a process and no file of an agent is left',
      problems: await checkOwnFolder(stage),
    },
    ...(healed
      ? []
      : [
          {
            name: 'no file handle is left open',
            problems: hasGates ? moreHandles(first, last) : ['oompa was not seen at the beginning and at the end'],
          },
        ]),
  ];
}

/** What must hold of a run that was stopped in the middle. */
export async function checkStopped(stage: Stage, { code, hung, stderr, leftInTmp }: Performance): Promise<Check[]> {
  const isStopped = code === 130 && !hung && !stderr.includes('internal error');
  return [
    {
      name: 'the run ends when it is told to, and says so',
      problems: isStopped ? [] : [`exit code ${String(code)}: ${stderr.slice(-2000)}`],
    },
    { name: 'every task is in one state, and main is whole', problems: await checkInterrupted(stage.workspace, 0) },
    { name: 'no process is left', problems: await checkProcesses(stage.workspace) },
    { name: 'nothing temporary is left', problems: [...leftInTmp, ...(await checkOwnFolder(stage))] },
  ];
}

/** Whether a task lies in `failed/`. */
async function hasFailures({ workspace: { root } }: Stage): Promise<boolean> {
  const names = await readdir(join(root, 'tasks', 'failed')).catch((): string[] => []);
  return names.some((name) => !name.startsWith('.'));
}

/** Failures by kind: those of the calls, and those of the summary. */
function checkSummary({ summary }: RunLog, calls: readonly LoggedCall[]): string[] {
  const injected = countBy(
    calls.flatMap(({ call }) => {
      const ending = endingOf(call.fate);
      // A stop is nobody's failure.
      return ending.ending === 'failed' && ending.kind !== 'stopped' ? [ending.kind] : [];
    }),
  );
  const { failures = [] } = (summary ?? {}) as { failures?: readonly { kind: string; turns: number }[] };
  const told = Object.fromEntries(failures.map(({ kind, turns }) => [kind, turns]));
  return [...new Set([...Object.keys(injected), ...Object.keys(told)])].flatMap((kind) =>
    injected[kind] === told[kind]
      ? []
      : [`${kind}: ${String(injected[kind] ?? 0)} were injected, and the summary tells of ${String(told[kind] ?? 0)}`],
  );
}

const meantEnds: ReadonlySet<string> = new Set(['the queue is dry', 'the run is stopping']);

/** Three iterations in a row that fail may end a worker, but not three attempts at one and the same task. */
function checkWorkers({ events }: RunLog): string[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'worker:stopped' || meantEnds.has(textIn(event, 'why'))) return [];
    const worker = textIn(event, 'worker');
    const isOwn = (each: LogEvent) => each.type === 'iteration:ended' && textIn(each, 'worker') === worker;
    const last = events.slice(0, index).filter(isOwn).slice(-3);
    const [task] = last.map((each) => textIn(each, 'task'));
    return task !== undefined && last.every((each) => textIn(each, 'task') === task)
      ? [`${worker} stopped for good, because ${task} failed three times: ${textIn(event, 'why')}`]
      : [];
  });
}

/** Lock files of dead owners would hold up the next run; the marks that keep git from pruning worktrees are meant to stay. */
async function checkOwnFolder({ workspace: { root } }: Stage): Promise<string[]> {
  const own = join(root, '.oompa');
  const [all, tmp, processes] = await Promise.all(
    ['.', 'tmp', 'processes'].map((name) => readdir(join(own, name)).catch((): string[] => [])),
  );
  return [
    ...(all ?? []).filter((name) => name.endsWith('.lock')).map((name) => `.oompa/${name} is left`),
    ...(tmp ?? []).map((name) => `.oompa/tmp/${name} is left`),
    ...(processes ?? []).map((name) => `.oompa/processes/${name} is left`),
  ];
}
