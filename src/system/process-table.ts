import { ofEachProcess, processEnvironment, processStat, type ProcessStat } from './proc.ts';

/** A process as Linux shows it under /proc. */
export interface ProcessEntry extends Omit<ProcessStat, 'withoutEnvironment'> {
  readonly pid: number;
  /** Whether one of its environment variables is the marker that was asked for; `unsettled` in the middle of an exec. */
  readonly marked: boolean | 'unsettled';
}

/**
 * All processes that can be seen; undefined where there is no /proc. `marker` is `NAME=value`. What started before `since`
 * (see `startedAt`) can't have inherited it, and is not asked.
 */
export async function readProcessTable(marker: string, since = '0'): Promise<ProcessEntry[] | undefined> {
  const table = await ofEachProcess(
    (pid) => readProcess(pid, marker, since),
    (entry) => entry?.marked === 'unsettled',
  );
  return table?.filter((entry) => entry !== undefined);
}

/** One process; undefined when it is gone. */
export function readProcess(pid: number, marker: string, since = '0'): ProcessEntry | undefined {
  const stat = processStat(pid);
  if (stat === undefined) return undefined;
  const { withoutEnvironment, ...entry } = stat;
  const mayBeMarked = !withoutEnvironment && Number(entry.startedAt) >= Number(since);
  return { pid, ...entry, marked: mayBeMarked && isMarked(pid, marker) };
}

function isMarked(pid: number, marker: string): ProcessEntry['marked'] {
  const environ = processEnvironment(pid);
  return environ === 'unsettled' ? environ : environ !== undefined && hasVariable(environ, marker);
}

function hasVariable(environ: Buffer, marker: string): boolean {
  const wanted = Buffer.from(`${marker}\0`);
  for (let at = environ.indexOf(wanted); at !== -1; at = environ.indexOf(wanted, at + 1)) {
    if (at === 0 || environ[at - 1] === 0) return true;
  }
  return false;
}

/** What each living process but this one has as `name` in its environment; those without it, and strangers', are left out. */
export async function variableOfEach(name: string): Promise<ReadonlySet<string>> {
  const values = await ofEachProcess(
    (pid) => (pid === process.pid ? undefined : variableOf(pid, name)),
    (seen) => seen === unsettled,
  );
  return new Set(values?.filter((value) => typeof value === 'string'));
}

/** No variable can have it as its value. */
const unsettled = Symbol('unsettled');

function variableOf(pid: number, name: string): string | typeof unsettled | undefined {
  const environ = processEnvironment(pid);
  if (environ === 'unsettled') return unsettled;
  const found = environ
    ?.toString('latin1')
    .split('\0')
    .find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** Whose processes are looked for. */
export interface Belonging {
  /** The process group that the agent was started as; undefined when only the marker is known. */
  readonly group?: number;
  /** True as long as the agent's own process, whose id is the group's, has not been collected. */
  readonly leaderAlive: boolean;
  /** When the group's leader was started, as `startedAt`: while a zombie of it is there, the id is nobody else's. */
  readonly since?: string;
  /** What this very process has started is not looked for: it can't have been left behind by another. */
  readonly sparesOwn?: boolean;
}

/** The living processes that carry the marker or are of the group, and their descendants; never `self`. */
export function processesOf(table: readonly ProcessEntry[], belonging: Belonging, self: number): ProcessEntry[] {
  const ours = groupOf(table, belonging);
  const found = new Set<number>();
  for (const entry of table) {
    if (entry.marked === true || (ours !== undefined && (entry.group === ours || entry.session === ours)))
      found.add(entry.pid);
  }
  const spared = new Set([self]);
  if (belonging.sparesOwn === true) addDescendants(table, spared);
  for (const pid of spared) found.delete(pid);
  addDescendants(table, found, spared);
  return table.filter(({ pid, zombie }) => found.has(pid) && !zombie);
}

/**
 * Linux gives a process id to nobody as long as a group or session has it: when the leader is gone and its id is there all
 * the same, nothing was left of the group, and both belong to a stranger.
 */
function groupOf(
  table: readonly ProcessEntry[],
  { group, leaderAlive, since }: Belonging,
): Belonging['group'] | undefined {
  const holder = table.find(({ pid }) => pid === group);
  return leaderAlive || holder === undefined || holder.startedAt === since ? group : undefined;
}

function addDescendants(table: readonly ProcessEntry[], found: Set<number>, except?: ReadonlySet<number>): void {
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { pid, parent } of table) if (found.has(parent) && except?.has(pid) !== true) found.add(pid);
  }
}
