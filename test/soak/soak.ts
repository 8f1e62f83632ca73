import { parseArgs } from 'node:util';
import { playSoak } from './play-soak.ts';
import { report } from './report.ts';

/**
 * `npm run soak -- [--tasks 200] [--workers 8] [--failures 0.3] [--seed 1]`: a swarm whose agents fail in every way that a
 * process can show. Exit code 1 when anything is wrong; what it left stays then, to be looked at.
 */
const { tasks, workers, failures, seed } = parseArgs({
  options: {
    tasks: { type: 'string', default: '200' },
    workers: { type: 'string', default: '8' },
    failures: { type: 'string', default: '0.3' },
    seed: { type: 'string', default: '1' },
  },
}).values;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const played = await playSoak({ tasks: Number(tasks), workers: Number(workers), failures: Number(failures), seed });
process.stdout.write(report(played));
process.exitCode = played.checks.every(({ problems }) => problems.length === 0) ? 0 : 1;
