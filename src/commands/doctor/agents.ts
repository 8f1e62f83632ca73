import type { Agent } from '../../config/schema-agents.ts';
import type { Config } from '../../config/schema.ts';
import { reviewerOf } from '../../config/schema.ts';

/** What the config asks, each agent (harness, model and effort) once, in the order of the file. */
export function agentsOf(config: Config): Agent[] {
  const roles = [
    ...(config.planner === undefined ? [] : [config.planner]),
    ...config.workers.flatMap((pool) => [pool, reviewerOf(config, pool)]),
  ];
  const agents = roles.flatMap((role) => (role === undefined ? [] : [role, ...role.fallback]));
  const distinct = new Map(
    agents.map(({ harness, model, effort }) => [
      JSON.stringify([harness, model, effort]),
      { harness, ...(model === undefined ? {} : { model }), ...(effort === undefined ? {} : { effort }) },
    ]),
  );
  return [...distinct.values()];
}
