import type { Config } from '../config/schema.ts';
import { reviewerOf } from '../config/schema.ts';
import { readinessOf, surroundingsOf } from '../core/schedule.ts';
import { workersOf } from '../engine/swarm.ts';
import type { Repository } from '../git/repository.ts';
import { renderPlan } from '../ui/plan.ts';
import type { Plan, PlannedTask } from '../ui/plan.ts';
import type { MissingHarness } from './harness-check.ts';
import type { ExitCode, Io } from './io.ts';
import { readQueue } from './read-queue.ts';

/** What a dry run looks at. */
export interface PlanOrder {
  readonly repository: Repository;
  readonly config: Config;
  readonly missing: readonly MissingHarness[];
  readonly json: boolean | undefined;
}

/** Prints what a run would do, and starts nothing. 2 when it could not start. */
export async function showPlan(order: PlanOrder, io: Io): Promise<ExitCode> {
  const plan = await planOf(order);
  io.stdout(order.json === true ? `${JSON.stringify(plan, null, 2)}\n` : renderPlan(plan, io.color));
  return order.missing.length > 0 ? 2 : 0;
}

async function planOf({ repository, config, missing }: PlanOrder): Promise<Plan> {
  const { tasks, unreadable } = (await readQueue(repository.root)).listing;
  const of = (state: string) => tasks.filter((one) => one.state === state).map(({ task }) => task);
  const complete = new Set(of('complete').map(({ id }) => id));
  const surroundings = surroundingsOf(of('current'), (id) => complete.has(id));
  return {
    main: { branch: repository.branch, commit: repository.head },
    workers: workersOf({ config }).map(({ name, pool }) => ({
      name,
      agent: agentName(pool),
      reviewer: agentNameOrNobody(reviewerOf(config, pool)),
    })),
    planner: config.planner === undefined ? undefined : agentName(config.planner),
    setup: config.setup.map(({ run }) => run),
    verify: config.verify,
    tasks: of('pending').map((task): PlannedTask => {
      const readiness = readinessOf(task, surroundings);
      const waits =
        readiness.kind === 'ready'
          ? undefined
          : readiness.kind === 'after'
            ? `after ${readiness.tasks.join(', ')}`
            : `touches the same files as ${readiness.task}`;
      return waits === undefined ? { id: task.id, title: task.title } : { id: task.id, title: task.title, waits };
    }),
    unreadable: unreadable.map(
      ({ path, line, column, message }) => `${path}:${String(line)}:${String(column)}  ${message}`,
    ),
    missing: missing.map(({ line }) => line),
  };
}

function agentName({ harness, model }: { readonly harness: string; readonly model?: string }): string {
  return model === undefined ? harness : `${harness} ${model}`;
}

function agentNameOrNobody(
  agent: { readonly harness: string; readonly model?: string } | undefined,
): string | undefined {
  return agent === undefined ? undefined : agentName(agent);
}
