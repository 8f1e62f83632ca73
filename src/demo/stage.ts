import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { opencodeFor, warmOpencode } from './model-server/opencode.ts';
import { startModelServer } from './model-server/server.ts';
import { seed } from './seed.ts';
import { story } from './story.ts';

/** Everything that the demo needs besides oompa itself, in one temporary folder. */
export interface Stage {
  /** The workspace: not yet a git repository. */
  readonly repository: string;
  /** Variables for opencode: a scripted model, and state of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the model server; removes the folder unless it is to be kept. */
  close(keep: boolean): Promise<void>;
}

/** Where the example workspace lies: beside `src/` and beside `dist/`. */
const example = fileURLToPath(new URL('../../', import.meta.url));

/** Sets the stage. `opencode` is the program; a string back is what went wrong with its first start. */
export async function setStage(opencode: string): Promise<Stage | string> {
  const folder = await mkdtemp(join(tmpdir(), 'oompa-demo-'));
  const server = await startModelServer({ script: story });
  const close = async (keep: boolean) => {
    await server.close();
    if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const repository = join(folder, 'phrasebook');
  await fill(repository);
  const cli = await opencodeFor(server, join(folder, 'opencode'), ['builder', 'reviewer', 'planner']);
  const problem = await warmOpencode(opencode, cli);
  if (problem === undefined) return { repository, env: cli.env, close };
  await close(false);
  return problem;
}

async function fill(repository: string): Promise<void> {
  for (const [path, text] of Object.entries(seed)) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  }
  for (const path of ['oompa.config.yaml', 'prompts', 'tasks']) {
    await cp(join(example, path), join(repository, path), { recursive: true });
  }
  await writeFile(join(repository, '.gitignore'), '.oompa/\nruns/\ntasks/\n');
}
