import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import type { FakeAgent } from '../rig/fake-agent.ts';
import { openWorld } from '../rig/world.ts';
import type { Run, World } from '../rig/world.ts';

/** A worker's last message when it is done. */
export const ready = 'I did it.\n\nCOMPLETE_AND_READY_FOR_MERGE';

/** Lines for a config: a reviewer that is no opencode, so that a test can tell who is asked. */
export const reviewer = `reviewer: { harness: judge, max_rounds: 2 }
harnesses: { judge: { command: [my-agent], prompt: stdin, output: text } }
`;

/** A world for the present test. When that ends, well or not, its runs are stopped and nothing of them is left. */
export async function open(given: Parameters<typeof openWorld>[0]): Promise<World> {
  const world = await openWorld(given);
  const runs: Run[] = [];
  onTestFinished(async () => {
    for (const run of runs) run.stop('now');
    await Promise.allSettled(runs.map((run) => run.exitCode));
    await world.close();
  });
  return {
    ...world,
    swarm(options) {
      const run = world.swarm(options);
      runs.push(run);
      return run;
    },
  };
}

/** The next reviewer gives this verdict. */
export async function review({ agents }: World, verdict: string): Promise<FakeAgent> {
  const judge = await agents.next();
  await judge.say(verdict);
  await judge.exit(0);
  return judge;
}

/** What the fake opencode has to be told to change one file and call it done. */
export async function work(agent: FakeAgent, command: string): Promise<void> {
  const { code, output } = await agent.run(command);
  if (code !== 0) throw new Error(`${command}: ${output}`);
  await agent.answer(ready);
}

/** The ref under which a task file says that work is kept. */
export function rescueIn(text: string): string {
  return /rescue: (\S+)/.exec(text)?.[1] ?? 'no rescue ref';
}

/** Makes named pipes: a command that reads one waits until the test writes to it, and the other way round. */
export function pipes(...paths: readonly string[]): void {
  execFileSync('sh', ['-c', 'mkfifo "$@"', 'sh', ...paths]);
}
