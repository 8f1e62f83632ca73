import { painter } from './paint.ts';

/** What a run would do. */
export interface Plan {
  readonly main: { readonly branch: string; readonly commit: string };
  readonly workers: readonly { readonly name: string; readonly agent: string; readonly reviewer: string | undefined }[];
  readonly planner: string | undefined;
  readonly setup: readonly string[];
  readonly verify: readonly string[];
  /** Pending tasks in the order in which they would be claimed. */
  readonly tasks: readonly PlannedTask[];
  readonly unreadable: readonly string[];
  /** CLIs that are not there. */
  readonly missing: readonly string[];
}

/** One pending task. */
export interface PlannedTask {
  readonly id: string;
  readonly title: string;
  /** What it waits for; absent when it is ready. */
  readonly waits?: string;
}

/** The plan of a dry run, for people. */
export function renderPlan(plan: Plan, color: boolean): string {
  const { main, workers, tasks } = plan;
  const paint = painter(color);
  const dim = (text: string) => paint('dim', text);
  const nameWidth = Math.max(0, ...workers.map(({ name }) => name.length));
  const idWidth = Math.max(0, ...tasks.map(({ id }) => id.length));
  const agentWidth = Math.max(0, ...workers.map(({ agent }) => agent.length));
  const ready = tasks.filter(({ waits }) => waits === undefined);
  const lines = [
    `A run on ${main.branch} ${main.commit.slice(0, 7)} would start ${count(workers.length, 'worker')} with ${count(ready.length, 'ready task')} of ${String(tasks.length)}.`,
    '',
    ...workers.map(({ name, agent, reviewer }) =>
      `  ${name.padEnd(nameWidth)}  ${agent.padEnd(agentWidth)}  ${dim(reviewer === undefined ? 'no reviewer' : `reviewed by ${reviewer}`)}`.trimEnd(),
    ),
    ...(plan.planner === undefined ? [] : [`  ${'planner'.padEnd(nameWidth)}  ${plan.planner}`]),
    ...(plan.setup.length === 0 ? [] : ['', `  setup   ${plan.setup.join(' && ')}`]),
    ...(plan.verify.length === 0 ? [] : ['', `  verify  ${plan.verify.join(' && ')}`]),
    '',
    ...(tasks.length === 0 ? ['  No task is pending: oompa tasks add "…"'] : []),
    ...tasks.map(
      ({ id, title, waits }) => `  ${id.padEnd(idWidth)}  ${title}${waits === undefined ? '' : dim(`  (${waits})`)}`,
    ),
    ...plan.unreadable.map((line) => `  unreadable  ${line}`),
    '',
    ...(plan.missing.length === 0
      ? ['Nothing was started. Start it with: oompa swarm']
      : [...plan.missing, 'It could not start. Check again with: oompa doctor']),
  ];
  return `${lines.join('\n')}\n`;
}

function count(n: number, what: string): string {
  return `${String(n)} ${what}${n === 1 ? '' : 's'}`;
}
