import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SetupStep } from '../config/schema.ts';
import type { Outcome } from '../core/outcome.ts';
import { runShell } from '../system/shell.ts';
import type { SwarmContext } from './context.ts';
import type { Place } from './place.ts';

type OnSetup = (command: string, passed: boolean, ms: number) => void;

/**
 * Puts into a worktree what git does not: copied and linked files, then the `setup` commands that are due.
 * Gives the outcome when something failed, undefined when all is well.
 */
export async function furnish(context: SwarmContext, place: Place, onSetup: OnSetup): Promise<Outcome | undefined> {
  const problem = await placeIgnoredFiles(context, place);
  if (problem !== undefined) return problem;
  return runSetup(context, place, onSetup);
}

async function placeIgnoredFiles(context: SwarmContext, place: Place): Promise<Outcome | undefined> {
  const { root } = context.repository;
  const { copy, link } = context.config.worktree;
  try {
    for (const path of [...copy, ...context.includedFiles]) {
      await mkdir(dirname(join(place.folder, path)), { recursive: true });
      await cp(join(root, path), join(place.folder, path), { recursive: true, preserveTimestamps: true });
    }
    for (const path of link) {
      await mkdir(dirname(join(place.folder, path)), { recursive: true });
      await rm(join(place.folder, path), { recursive: true, force: true });
      await symlink(join(root, path), join(place.folder, path));
    }
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'setup-failed', command: 'worktree: copy, link', why };
  }
}

async function runSetup(context: SwarmContext, place: Place, onSetup: OnSetup): Promise<Outcome | undefined> {
  const notePath = join(context.repository.root, '.oompa', 'worktrees', `${place.slot.name}.setup.json`);
  const done = place.slot.isNew ? {} : await readNote(notePath);
  for (const [index, step] of context.config.setup.entries()) {
    const state = await inputsOf(step, place.folder);
    if (done[step.run] === state) continue;
    const ran = await runShell({
      command: step.run,
      cwd: place.folder,
      env: { ...context.env, ...place.env },
      timeoutMs: context.config.limits.setup_timeout,
      log: join(context.log.folder, 'setup', `${place.slot.name}-${String(index + 1)}.log`),
      signal: context.shutdown.stopping,
      note: context.processes.as(step.run),
      redact: (text) => context.redact(text),
    });
    onSetup(step.run, ran.kind === 'passed', Math.round(ran.durationMs));
    if (ran.kind !== 'passed') {
      if (context.shutdown.stopping.aborted) return { kind: 'interrupted' };
      return { kind: 'setup-failed', command: step.run, why: `${ran.detail}\n${ran.tail}`.trim() };
    }
    done[step.run] = state;
    // Without the note the command is run again in the next iteration, and that is all.
    await writeFile(notePath, JSON.stringify(done)).catch(() => undefined);
  }
  return undefined;
}

/** A digest of the files that a step names: it is due again when this changes. */
async function inputsOf(step: SetupStep, folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of step.when) {
    hash.update(`${path}\0`);
    hash.update(await readFile(join(folder, path)).catch(() => 'absent'));
  }
  return hash.digest('hex');
}

async function readNote(path: string): Promise<Record<string, string>> {
  try {
    const note: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof note === 'object' && note !== null ? (note as Record<string, string>) : {};
  } catch {
    return {};
  }
}
