import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeVersion } from '../../src/harness/probe.ts';
import { findHarness } from '../../src/harness/registry.ts';
import { cliFolders, findExecutable, type CliName } from '../rig/pinned-clis.ts';
import type { Cli } from './stage.ts';

/** A CLI that answers when it is asked for its version. */
export interface InstalledCli extends Cli {
  readonly version: string;
}

/** The CLIs that oompa knows, in the order of the table. */
export const everyCli: readonly CliName[] = ['opencode', 'claude', 'codex', 'gemini'];

/** The copy of the CLI that the tests drive; undefined when there is none, or none that answers. */
export async function installedCli(name: CliName): Promise<InstalledCli | undefined> {
  const program = findExecutable(name, cliFolders(process.env['PATH'] ?? ''));
  if (program === undefined) return undefined;
  const home = await mkdtemp(join(tmpdir(), 'oompa-version-'));
  try {
    const probe = await probeVersion(findHarness(name, {})!, { binary: program, env: { HOME: home } });
    return probe.kind === 'answers' ? { name, program, version: probe.version } : undefined;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
