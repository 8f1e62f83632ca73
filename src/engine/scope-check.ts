import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findOffences, leadsOut, namedIn, offenceText } from '../core/scope.ts';
import { sizeText } from '../core/size.ts';
import { largeAmong } from '../git/worktree/large-files.ts';
import type { LargeFile } from '../git/worktree/large-files.ts';
import { unpushedAmong } from '../git/worktree/submodules.ts';
import type { Change } from '../git/diff.ts';
import type { SwarmContext } from './context.ts';
import type { Job } from './job.ts';
import { placeOf } from './job.ts';

/** Folders that belong to oompa: no iteration may change them. */
const ownFolders = ['tasks/**', 'runs/**', '.oompa/**'];

/** What the agent has to put right before anybody reviews its work; undefined when nothing is wrong. */
export async function scopeProblem(
  context: SwarmContext,
  job: Job,
  changed: readonly Change[],
): Promise<string | undefined> {
  const { config, matches } = context;
  const { files } = job.claim.task;
  const { folder } = placeOf(job);
  // Scripts and the like by which the verify commands judge. One that is new can't have judged anything yet.
  const known = changed.filter(({ status }) => status !== 'added').map(({ path }) => path);
  const checks = new Set(namedIn(config.verify, known).filter((path) => !files.some((glob) => matches(glob, path))));
  const others = changed.map(({ path }) => path).filter((path) => !checks.has(path));
  const offences = findOffences(others, { protect: [...config.protect, ...ownFolders], files }, matches);
  const present = changed.filter(({ status }) => status !== 'deleted').map(({ path }) => path);
  const problems = [
    offenceText({ ...offences, protected: [...offences.protected, ...checks] }),
    linksText(linksOut(folder, present)),
    submodulesText(await unpushedAmong(folder, present)),
    largeText(await largeAmong(folder, present, config.limits.file), config.limits.file),
  ].filter((problem) => problem !== undefined);
  return problems.length === 0 ? undefined : problems.join('\n\n');
}

/** What the agent is told of files that are not committed for their size. */
export function largeText(files: readonly LargeFile[], limit: number): string | undefined {
  if (files.length === 0) return undefined;
  const named = files.map(({ path, bytes }) => `- ${path} (${sizeText(bytes)})`).join('\n');
  return `These files are larger than a commit may hold (${sizeText(limit)}); do without them, or name them in .gitignore. Where they are committed already, take them out of the commits too:\n${named}`;
}

/** The symbolic links that lead out of the repository, each with where it leads. */
function linksOut(folder: string, paths: readonly string[]): string[] {
  const found: string[] = [];
  for (const path of paths) {
    const target = targetOf(join(folder, path));
    if (target !== undefined && leadsOut(path, target)) found.push(`- ${path} -> ${target}`);
  }
  return found;
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function submodulesText(paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const named = paths.map((path) => `- ${path}`).join('\n');
  return `These submodules are at a commit that no branch of their origin has, so nobody else could get it. Push it there, or take them out:\n${named}`;
}

function linksText(links: readonly string[]): string | undefined {
  if (links.length === 0) return undefined;
  return `These symbolic links lead out of the repository; nobody else has what they lead to. Take them out:\n${links.join('\n')}`;
}
