import type { GitCount } from './git-count.ts';
import type { Idleness } from './footprint.ts';
import type { QueueSpeed } from './queue-speed.ts';
import type { Row } from './rows.ts';
import { median, ratio, ratioSpread } from './statistics.ts';
import { figure, table, targetTable } from './table.ts';
import type { Target } from './table.ts';

/** Everything that was measured. */
export interface Findings {
  readonly machine: string;
  readonly rows: readonly Row[];
  readonly git: { readonly nowhere: GitCount; readonly main: GitCount };
  readonly claims: QueueSpeed;
  readonly transitionMs: number;
  readonly memoryMb: number;
  readonly startUp: { readonly helpMs: number; readonly nodeMs: number };
  readonly idle: Idleness;
}

/** The results as Markdown, with the targets beside them. */
export function report(findings: Findings): string {
  return [
    '# What oompa itself costs',
    'Written by `npm run bench`; do not edit. Trust ratios, not times: every round compares the three with each other.',
    findings.machine,
    '## The targets',
    targetTable(targetsOf(findings)),
    '## A task, beside the plainest loop (a) and the cheapest correct sequence of git commands (b)',
    explanation,
    rowTable(findings.rows),
    '## git processes of one task',
    gitTable(findings.git),
    '## Besides',
    besides(findings),
    '',
  ].join('\n\n');
}

const explanation = `The agent writes one file and costs nothing; no reviewer, no verify commands. (a) adds a worktree, commits, checks
main out, merges and removes the worktree again, in the checkout of main. (b) has a pooled worktree for each worker: \`switch -C\`, \`clean\`, agent, \`add\`,
\`commit\`, \`merge-tree\`, \`commit-tree\`, and one long-lived \`update-ref --stdin\`; where main is checked out, \`merge --ff-only\` there. (b) has no queue,
no log and no way back after a crash. Median over rounds of the ratios in one round, and the range of oompa's.`;

function rowTable(rows: readonly Row[]): string {
  return table(
    [
      'repository',
      'on',
      'workers',
      'main checked out',
      'rounds',
      '(b), ms a task',
      '(a) / (b)',
      'oompa / (b)',
      'range',
      'mutex held: (b)',
      'oompa, ms',
    ],
    rows.map(({ course, workers, main, loop, floor, oompa, mutexMs }) => {
      const { min, max } = ratioSpread(oompa, floor);
      return [
        `${course.size.name}, ${course.size.files.toLocaleString('en')} files`,
        course.disk,
        String(workers),
        main === 'main' ? 'yes' : 'no',
        String(course.rounds),
        figure(median(floor)),
        figure(ratio(loop, floor)),
        figure(ratio(oompa, floor)),
        `${figure(min)}–${figure(max)}`,
        figure(mutexMs.floor),
        figure(mutexMs.oompa),
      ];
    }),
  );
}

function gitTable(git: Findings['git']): string {
  const names = [...new Set([...Object.keys(git.nowhere.commands), ...Object.keys(git.main.commands)])].sort();
  const row = (name: string, of: (count: GitCount) => number) => [name, figure(of(git.nowhere)), figure(of(git.main))];
  return table(
    ['command', 'main checked out nowhere', 'in the workspace'],
    [...names.map((name) => row(name, (count) => count.commands[name] ?? 0)), row('all', (count) => count.perTask)],
  );
}

function besides({ claims, startUp, idle }: Findings): string {
  return table(
    ['what', 'figure'],
    [
      [
        `claims a second, ${claims.pending.toLocaleString('en')} tasks pending, 8 at a time`,
        figure(claims.claimsPerSecond),
      ],
      ['the first claim of those, which reads the list, ms', figure(claims.firstClaimMs)],
      ['`node -e 0`, ms (a part of `oompa --help`)', figure(startUp.nodeMs)],
      ['processes started while the run waits', idle.started === 0 ? '0' : 'at least 1'],
    ],
  );
}

function targetsOf(findings: Findings): Target[] {
  const worst = (main: Row['main']) =>
    Math.max(...findings.rows.filter((row) => row.main === main).map(({ oompa, floor }) => ratio(oompa, floor)));
  const mutex = findings.rows.filter(({ course, main }) => course.size.name === 'medium' && main === 'nowhere');
  return [
    {
      what: 'own cost a task, beside (b); the worst row, main checked out nowhere',
      figure: worst('nowhere'),
      most: 1.3,
      unit: '×',
    },
    { what: 'the same, main checked out in the workspace', figure: worst('main'), most: 1.3, unit: '×' },
    { what: 'git processes a task, main checked out nowhere', figure: findings.git.nowhere.perTask, most: 9, unit: '' },
    {
      what: 'git processes a task, main checked out in the workspace',
      figure: findings.git.main.perTask,
      most: 9,
      unit: '',
    },
    { what: 'claim and completion of a task, without git', figure: findings.transitionMs, most: 3, unit: ' ms' },
    {
      what: 'landing mutex held, medium, worse of 1 and 8 workers',
      figure: mutex.length === 0 ? Number.NaN : Math.max(...mutex.map(({ mutexMs }) => mutexMs.oompa)),
      ...{ most: 30, unit: ' ms' },
    },
    { what: 'memory, 64 workers, 1 GB of agent output', figure: findings.memoryMb, most: 200, unit: ' MB' },
    { what: '`oompa --help`', figure: findings.startUp.helpMs, most: 150, unit: ' ms' },
    { what: 'CPU of a run that waits', figure: findings.idle.cpuPercent, most: 1, unit: ' %' },
    { what: 'processes started by a run that waits', figure: findings.idle.started, most: 0, unit: '' },
  ];
}
