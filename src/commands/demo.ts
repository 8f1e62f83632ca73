import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { delimiter, join } from 'node:path';
import { setStage } from '../demo/stage.ts';
import type { Stage } from '../demo/stage.ts';
import { git } from '../git/git.ts';
import { findBinary } from '../harness/probe.ts';
import { demoIntroduction, demoWithoutOpencode, renderDemoEnd } from '../ui/demo.ts';
import type { ExitCode, Io } from './io.ts';
import { swarm } from './swarm.ts';

/** `oompa demo`. */
export interface DemoOptions {
  /** Leave the temporary repository where it is. */
  readonly keep?: boolean;
  readonly plain?: boolean;
}

/** The main job for real, with nothing of the user's: a small repository, the real opencode CLI, a scripted model. */
export async function demo(options: DemoOptions, io: Io): Promise<ExitCode> {
  const path = `${ownBinaries()}${delimiter}${io.env['PATH'] ?? ''}`;
  const opencode = findBinary('opencode', path);
  if (opencode === undefined) {
    io.stderr(demoWithoutOpencode);
    return 2;
  }
  const stage = await setStage(opencode);
  if (typeof stage === 'string') {
    io.stderr(`opencode could not be started: ${stage}\nSee what it says by itself: ${opencode} --version\n`);
    return 1;
  }
  try {
    io.stdout(demoIntroduction(stage.repository));
    await makeRepository(stage.repository);
    const inside = { ...io, cwd: stage.repository, env: { ...io.env, ...stage.env, PATH: path } };
    const code = await swarm(options.plain === true ? { plain: true } : {}, inside);
    io.stdout(await epilogue(stage, options, io));
    return code;
  } finally {
    await stage.close(options.keep === true);
  }
}

/** opencode of oompa's own devDependencies, for who runs from a checkout. */
function ownBinaries(): string {
  return fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
}

async function makeRepository(repository: string): Promise<void> {
  await git(repository, ['init', '-q', '-b', 'main']);
  await git(repository, ['config', 'user.name', 'oompa demo']);
  await git(repository, ['config', 'user.email', 'demo@oompa.invalid']);
  await git(repository, ['config', 'commit.gpgSign', 'false']);
  await git(repository, ['add', '-A']);
  await git(repository, ['commit', '-q', '-m', 'Phrasebook']);
}

async function epilogue(stage: Stage, options: DemoOptions, io: Io): Promise<string> {
  const log = await git(stage.repository, ['log', '--oneline', '--graph', '-20', 'main']);
  return renderDemoEnd({
    log: log.stdout,
    review: await objectingReview(stage.repository),
    kept: options.keep === true ? stage.repository : undefined,
    color: io.color,
  });
}

/** The review that wanted changes: the most telling one. */
async function objectingReview(repository: string): Promise<{ path: string; text: string } | undefined> {
  for (const run of await readdir(join(repository, 'runs')).catch(() => [])) {
    const folder = join(repository, 'runs', run, 'reviews');
    for (const name of await readdir(folder).catch(() => [])) {
      const text = await readFile(join(folder, name), 'utf8');
      if (text.includes('verdict: needs-changes')) return { path: `runs/${run}/reviews/${name}`, text };
    }
  }
  return undefined;
}
