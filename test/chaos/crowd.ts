import { setTimeout as pause } from 'node:timers/promises';
import { startSwarm } from './swarm.ts';
import { playOn } from './trial.ts';
import type { Trial } from './trial.ts';
import type { Scene } from './workspace.ts';

/** Several real runs over one queue, whole or with one of them killed half-way: each task lands once. */
export function crowdTrials(tasks: number): Trial[] {
  return [
    crowd({ runs: 2, tasks, main: 'checked-out', killed: false }),
    crowd({ runs: 4, tasks, main: 'elsewhere', killed: false }),
    crowd({ runs: 4, tasks: Math.ceil(tasks / 4), main: 'checked-out', killed: true }),
  ];
}

interface Crowd {
  readonly runs: number;
  readonly tasks: number;
  readonly main: Scene['main'];
  readonly killed: boolean;
}

function crowd({ runs, tasks, main, killed }: Crowd): Trial {
  const name = `crowd: ${String(runs)} runs, ${String(tasks)} tasks, main ${main}${killed ? ', one run killed' : ''}`;
  const scene = {
    tasks: idsOf(tasks),
    workers: 2,
    strategy: 'merge',
    main,
    reviewed: false,
    verified: false,
    more,
  } as const;
  return {
    name,
    play: (stage) =>
      playOn(stage, scene, async ({ workspace, saw, did }) => {
        did('crowd');
        const all = Array.from({ length: runs }, () => startSwarm(stage, workspace));
        if (killed) {
          await pause(2000);
          all[0]?.kill('SIGKILL');
          did('kill at a moment');
        }
        for (const swarm of all) saw(await swarm.ended);
      }),
  };
}

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${String(index + 1)}${index % 10 === 9 ? '-shared' : ''}`);
}

/** Some wait for the one before, some may not be worked on at the same time. */
function more(_id: string, index: number): string {
  if (index % 5 === 4) return `depends_on: [n${String(index)}]\n`;
  return index % 7 === 6 ? `files: ['work/**']\n` : '';
}
