import { existsSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diceOf } from './dice.ts';
import { until } from './patience.ts';
import type { Stage } from './stage.ts';
import { startSwarm } from './swarm.ts';
import type { GitFault, Swarm } from './swarm.ts';
import { endStates } from './sweep.ts';
import type { Point } from './sweep.ts';
import { playOn } from './trial.ts';
import type { Course, Trial } from './trial.ts';
import type { Scene } from './workspace.ts';

const scene: Scene = {
  ...{ tasks: ['a-fussy', 'b-shared'], workers: 1, strategy: 'merge', main: 'checked-out' },
  ...{ reviewed: true, verified: true },
};

/** git commands that are killed half-way, that begin when their caller is gone, or that meet somebody's lock. */
export function unluckyGitTrials(points: readonly Point[], seed: string): Trial[] {
  const commands = [
    ...[
      'cat-file',
      'hash-object',
      'update-ref',
      'worktree add',
      'reset',
      'status',
      'switch',
      'clean',
      'add -A',
      'commit -q',
    ],
    ...['commit-tree', 'merge --ff-only', 'diff-tree', 'for-each-ref', 'rev-parse', 'merge-base'],
  ];
  const modes = ['kill-000', 'kill-004', 'kill-015', 'linger'];
  const harmed = commands.flatMap((command) => modes.map((mode) => ({ mode, pattern: `*${command}*` })));
  const files = ['index.lock', 'packed-refs.lock', 'refs/heads/main.lock', 'HEAD.lock', 'config.lock'];
  const before = ['switch', 'commit -q', 'merge --ff-only', 'update-ref', 'for-each-ref'];
  const locked = before.flatMap((command) =>
    files.flatMap((file) => [`lock-${file}`, `hold-${file}`].map((mode) => ({ mode, pattern: `*${command}*` }))),
  );
  const dice = diceOf(`${seed} git`);
  const wrapped = [...harmed, ...locked].map((fault) => trialOf({ ...fault, occurrence: dice.pick([1, 1, 2]) }));
  const questions = points.filter(({ name }) => name.includes(' ← '));
  return dice.shuffle([...wrapped, ...questions.flatMap(unanswered)]);
}

/** A git that answers questions dies with one: before it has done what it was asked to do, or right after. */
function unanswered({ sweep, scene: of, name, occurrence }: Point): Trial[] {
  return (['before', 'ended'] as const).map((side) => ({
    name: `git ${sweep}: dies ${side === 'before' ? 'with' : 'after'} ${name} #${String(occurrence)}`,
    play: (stage) =>
      playOn(
        stage,
        of,
        async ({ run, checkInterrupted }) => {
          await run({ fault: { at: { name, occurrence }, side, act: 'fail', code: 'EIO' } });
          await checkInterrupted();
        },
        { states: endStates(of.tasks) },
      ),
  }));
}

function trialOf(git: GitFault): Trial {
  const { mode, pattern, occurrence } = git;
  return {
    name: `git: ${mode} ${pattern.replaceAll('*', '')} #${String(occurrence)}`,
    play: (stage) => playOn(stage, scene, (course) => playUnlucky(stage, course, git)),
  };
}

async function playUnlucky(stage: Stage, course: Course, git: GitFault): Promise<void> {
  const { workspace, saw, did } = course;
  const swarm = startSwarm(stage, workspace, { git });
  if (git.mode === 'linger') await killWhileLingering(course, swarm);
  saw(await swarm.ended);
  const struck = await struckIn(workspace.notes);
  if (struck !== undefined) did(struck.split(' ').slice(0, 2).join(' '));
  if (git.mode.startsWith('lock-')) await removeLeftLocks(course);
}

/** oompa is killed while its git has not begun yet: the next run meets that git at work. */
async function killWhileLingering({ workspace, did }: Course, swarm: Swarm): Promise<void> {
  await until(async () => (await struckIn(workspace.notes)) !== undefined, swarm.ended);
  swarm.kill('SIGKILL');
  did('kill at a moment');
}

async function struckIn(notes: string): Promise<string | undefined> {
  const folders = (await readdir(notes)).filter((name) => name.startsWith('unlucky-'));
  const file = folders.map((name) => join(notes, name, 'struck')).find((path) => existsSync(path));
  return file === undefined ? undefined : readFile(file, 'utf8');
}

/** As git itself advises, once no git is running any more: a lock that nobody holds is the user's to remove. */
async function removeLeftLocks({ workspace }: Course): Promise<void> {
  const file = join(workspace.notes, 'locks');
  const locks = await readFile(file, 'utf8').catch(() => '');
  for (const lock of locks.split('\n').filter((each) => each !== '')) await rm(lock, { force: true });
}
