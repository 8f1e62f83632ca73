import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dice } from '../chaos/dice.ts';
import { diceOf } from '../chaos/dice.ts';
import { endingOf, type Fate } from './fates.ts';
import type { Role } from './plays.ts';

/** How large a soak is, and which one of all that are so large. */
export interface Order {
  readonly tasks: number;
  readonly workers: number;
  /** The share of calls that fail or are odd, 0 to 1. */
  readonly failures: number;
  readonly seed: string;
}

/** A task and what becomes of the calls that are made for it, in order; those after the last are well. */
export interface PlannedTask {
  readonly id: string;
  readonly dependsOn: readonly string[];
  readonly fates: Readonly<Record<Role, readonly Fate[]>>;
  /** Agents that can do nothing else any more. */
  readonly dooms: Readonly<Record<string, Fate>>;
  /** Whether it can't succeed. */
  readonly cursed: boolean;
}

/** All tasks of a soak. The same order gives the same plan, whoever takes which task. */
export function planOf(order: Order, dooms: Readonly<Record<string, Fate>>): PlannedTask[] {
  const dice = diceOf(order.seed);
  const ids = Array.from({ length: order.tasks }, (_, index) => `task-${String(index + 1).padStart(3, '0')}`);
  const fates = { worker: blank(ids.length), reviewer: blank(ids.length) };
  const deal = dealer(dice, order.tasks);
  // The first calls of all tasks come first: the later ones may never be made.
  for (let call = 0; call < plannedCalls; call += 1) {
    for (let task = 0; task < ids.length; task += 1) {
      for (const role of ['worker', 'reviewer'] as const) {
        const fails = dice.int(1, 1000) <= order.failures * 1000;
        fates[role][task]?.push(fails ? deal() : dice.pick(usual[role]));
      }
    }
  }
  const curses = Math.floor(order.tasks / 80);
  const planned = ids.map((id, index) => ({
    id,
    dependsOn: [],
    cursed: isCursed(index, order.tasks, curses),
    dooms: Object.fromEntries(Object.entries(dooms).filter((_, at) => index >= ((at + 1) * order.tasks) / 12)),
    fates: isCursed(index, order.tasks, curses)
      ? { worker: Array<Fate>(200).fill('crashed'), reviewer: [] }
      : { worker: fates.worker[index] ?? [], reviewer: fates.reviewer[index] ?? [] },
  }));
  return withGates(planned, order.workers);
}

/** So many calls of a role for one task have a fate of their own. */
const plannedCalls = 10;

/** What an agent does when nothing fails; a reviewer is of another opinion now and then. */
const usual: Readonly<Record<Role, readonly Fate[]>> = {
  worker: [...Array<Fate>(8).fill('well'), 'rambles'],
  reviewer: [...Array<Fate>(16).fill('well'), 'needs-changes', 'needs-changes', 'ambiguous', 'rejects'],
};

function blank(length: number): Fate[][] {
  return Array.from({ length }, () => []);
}

/** Spread out, and not the first: workers that fail three times in a row give up. */
function isCursed(index: number, tasks: number, curses: number): boolean {
  return curses > 0 && index % Math.floor(tasks / curses) === 15;
}

/** Deals failures from a pack that is shuffled anew when it is used up, so that each comes as often as it should. */
function dealer(dice: Dice, tasks: number): () => Fate {
  // Small soaks have no time for waits of seconds and minutes.
  const pack =
    tasks < 100
      ? [...frequent, ...frequent, ...slow.slice(0, 3)]
      : [...Array<typeof frequent>(6).fill(frequent).flat(), ...slow, ...slow, ...barring];
  let left: Fate[] = [];
  return () => {
    if (left.length === 0) left = dice.shuffle(pack);
    return left.pop() ?? 'crashed';
  };
}

/** Those that cost no time. */
export const frequent: readonly Fate[] = [
  ...(['quota', 'rate-limited', 'overloaded', 'context-full', 'session-gone', 'session-in-use'] as const),
  ...(['state-locked', 'mcp-handshake', 'no-output', 'no-final-message', 'output-too-large'] as const),
  ...(['crashed', 'killed', 'unknown', 'child', 'holds-output'] as const),
];

/** Those that oompa has to wait for until a limit ends them. */
const slow: readonly Fate[] = ['silent', 'stubborn', 'finished', 'timeout'];

/** Those after which an agent is not asked for a while. */
const barring: readonly Fate[] = ['bare-rate-limit', 'bare-overload', 'network'];

/** The failures of a soak that every CLI which can show them has to show once between them; none in a small one. */
export function failuresToMeet(tasks: number): readonly Fate[] {
  if (tasks < 100) return [];
  const failures = [...frequent, ...slow, ...barring];
  return failures.filter((fate) => endingOf(fate).ending === 'failed');
}

/** The names of the tasks whose agents wait, at the beginning and at the end, so that the quiet swarm can be looked at. */
export const gates = ['gate-first', 'gate-last'] as const;

/** Some tasks warm the swarm up, then one has it for itself; the same when all others are over. */
function withGates(tasks: readonly PlannedTask[], workers: number): PlannedTask[] {
  const [first, last] = gates;
  const gate = (id: string, waitsFor: readonly PlannedTask[]): PlannedTask => ({
    id,
    dependsOn: waitsFor.filter(({ cursed }) => !cursed).map((each) => each.id),
    fates: { worker: ['waits'], reviewer: [] },
    dooms: {},
    cursed: false,
  });
  const warm = tasks.slice(0, Math.min(workers + 2, 14, Math.floor(tasks.length / 2)));
  const rest = tasks.slice(warm.length).map((task) => ({ ...task, dependsOn: [first] }));
  return [...warm, gate(first, warm), ...rest, gate(last, tasks)];
}

/** One task for each worker, whose agents go on until they are stopped. */
export function endlessTasks(workers: number): PlannedTask[] {
  return Array.from({ length: workers }, (_, index) => ({
    id: `endless-${String(index + 1)}`,
    ...{ dependsOn: [], dooms: {}, cursed: false },
    fates: { worker: Array<Fate>(20).fill('stopped'), reviewer: [] },
  }));
}

/** Writes the plan where agent.sh reads it. */
export async function writePlan(folder: string, tasks: readonly PlannedTask[]): Promise<void> {
  for (const { id, fates, dooms } of tasks) {
    const place = join(folder, id);
    await mkdir(place, { recursive: true });
    for (const role of ['worker', 'reviewer'] as const) await writeFile(join(place, role), fates[role].join('\n'));
    await writeFile(join(place, 'dooms'), linesOf(Object.entries(dooms).map(([agent, fate]) => `${fate} ${agent}`)));
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
