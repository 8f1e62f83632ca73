import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { reviewerOf } from '../../config/schema.ts';
import { agentName } from '../../core/run-state.ts';
import type { Check } from '../../ui/doctor.ts';
import { counted, someOf } from '../../ui/text.ts';

/** What the config says in one line, or everything that is wrong with it. `file` is its name for people. */
export function configCheck(loaded: LoadedConfig, file: string): Check {
  if (loaded.kind === 'loaded') return { status: 'ok', text: `${file}: ${summaryOf(loaded.config)}` };
  const { problems } = loaded;
  return { status: 'fail', text: `${file}: ${counted(problems.length, 'problem')}`, diagnostics: problems };
}

function summaryOf(config: Config): string {
  const { workers, planner } = config;
  const pools = counted(workers.length, 'pool');
  const count = counted(
    workers.reduce((sum, pool) => sum + pool.count, 0),
    'worker',
  );
  const reviewers = new Set(
    workers.map((pool) => {
      const reviewer = reviewerOf(config, pool);
      return reviewer === undefined ? 'none' : agentName(reviewer);
    }),
  );
  const reviewed =
    reviewers.size === 1 && reviewers.has('none') ? 'no reviewer' : `reviewer ${someOf([...reviewers], 2)}`;
  const planned = planner === undefined ? [] : [`planner ${agentName(planner)}`];
  return [pools, count, ...planned, reviewed].join(', ');
}
