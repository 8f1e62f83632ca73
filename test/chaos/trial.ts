import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFinished, checkInterrupted } from './checker.ts';
import type { Expectation } from './checker.ts';
import type { Stage } from './stage.ts';
import { startSwarm } from './swarm.ts';
import type { Ended, Order } from './swarm.ts';
import { makeWorkspace } from './workspace.ts';
import type { Scene, Workspace } from './workspace.ts';

/** One story with a bad turn and, if all is well, a good end. */
export interface Trial {
  /** Unique, and the same in every run with the same seed: `--only <name>` plays it again. */
  readonly name: string;
  play(stage: Stage): Promise<Verdict>;
}

/** What came of a trial. */
export interface Verdict {
  /** What is wrong, a line each; empty = nothing. */
  readonly problems: readonly string[];
  /** What was done to the swarm, in words: `kill after rename …`. */
  readonly done: readonly string[];
  /** How many runs it took after the last bad turn until the queue was dry. */
  readonly restarts: number;
}

/** What a trial works with, and where it notes what it sees. */
export interface Course {
  readonly workspace: Workspace;
  /** A run that may be harmed, to its end. What it says about itself is checked. */
  readonly run: (order?: Order) => Promise<Ended>;
  /** Notes how a swarm ended that the trial has started itself. */
  readonly saw: (ended: Ended) => void;
  /** Notes what was done to a swarm from outside. */
  readonly did: (what: string) => void;
  /** Checks what must hold although work is unfinished; no run may be alive. */
  readonly checkInterrupted: () => Promise<void>;
  readonly wrong: (problem: string) => void;
}

/** Plays a trial on a workspace of its own: `harm` does the damage; then healthy runs follow until the queue is dry, and the check. */
export async function playOn(
  stage: Stage,
  scene: Scene,
  harm: (course: Course) => Promise<void>,
  expected: Omit<Expectation, 'torn'> = {},
): Promise<Verdict> {
  const workspace = await makeWorkspace(stage, scene);
  const problems: string[] = [];
  const done: string[] = [];
  const course: Course = {
    workspace,
    saw: (ended) => problems.push(...complaintsAbout(ended)),
    did: (what) => done.push(what),
    wrong: (problem) => problems.push(problem),
    async run(order = {}) {
      const ended = await startSwarm(stage, workspace, order).ended;
      if (ended.struck !== undefined) done.push(ended.struck);
      course.saw(ended);
      return ended;
    },
    async checkInterrupted() {
      problems.push(...(await checkInterrupted(workspace, done.length)));
    },
  };
  await harm(course);
  const restarts = await runUntilDry(course);
  problems.push(...(await checkFinished(workspace, { ...expected, torn: done.length })));
  // What went wrong can be looked at.
  if (problems.length === 0) await workspace.remove();
  else problems.push(`(the workspace: ${workspace.root})`);
  return { problems, done, restarts };
}

/** More healthy runs than this are not needed to bring a queue to its end. */
const mostRestarts = 3;

async function runUntilDry({ workspace, run, wrong }: Course): Promise<number> {
  for (let restarts = 1; restarts <= mostRestarts; restarts += 1) {
    await run();
    if (await isDry(workspace)) return restarts;
  }
  wrong(`after ${String(mostRestarts)} healthy runs there is still something to do`);
  return mostRestarts;
}

async function isDry({ root }: Workspace): Promise<boolean> {
  const waiting = await Promise.all(['pending', 'current'].map((state) => readdir(join(root, 'tasks', state))));
  return waiting.flat().every((name) => name.startsWith('.'));
}

/** A run may end in many ways, but never by a bug, and never not at all. */
function complaintsAbout({ code, hung, events, stderr, stdout }: Ended): string[] {
  const bugs = events.flatMap((event) => {
    const { outcome } = event as { outcome?: { kind?: string; why?: string } };
    return outcome?.kind === 'internal-error' ? [`an iteration ended as internal-error: ${outcome.why ?? ''}`] : [];
  });
  const traces = /internal error|^\s+at .+:\d+:\d+\)?$/m.test(stderr) ? [`a bug: ${stderr.slice(0, 600)}`] : [];
  const strange =
    code === undefined || [0, 1, 130].includes(code) ? [] : [`exit code ${String(code)}: ${stderr.slice(0, 300)}`];
  const silent = code === undefined || events.length > 0 || stderr !== '' ? [] : [`it ended without a word: ${stdout}`];
  return [...(hung ? ['it did not end'] : []), ...bugs, ...traces, ...strange, ...silent];
}
