import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { configFile } from '../config/schema.ts';
import { nearest } from '../core/nearest.ts';
import { openRepository } from '../git/repository.ts';
import { agentEnvironment } from '../harness/environment.ts';
import { listModels } from '../harness/models.ts';
import { findBinary } from '../harness/probe.ts';
import { builtInHarnesses, findHarness } from '../harness/registry.ts';
import type { HarnessModels, Models, UnlistedModel } from '../ui/models.ts';
import { renderModels } from '../ui/models.ts';
import { painter } from '../ui/paint.ts';
import { agentsOf } from './doctor/agents.ts';
import { withProbeFolder } from './doctor/probe-folder.ts';
import { locateBinary } from './harness-check.ts';
import type { ExitCode, Io } from './io.ts';

/** `oompa models [HARNESS] [FILTER]`. */
export interface ModelsOptions {
  /** Only this CLI, with a line a model. */
  readonly harness?: string;
  /** Only models with this in their name; case does not count. */
  readonly filter?: string;
  readonly json?: boolean;
}

/**
 * Shows what the installed CLIs offer, where they can say, and marks what the config uses. 1 when the config uses a model that its
 * CLI does not list or a CLI that does not answer, 2 when there is no such CLI, 130 when the user ended it.
 */
export async function models({ harness, filter, json }: ModelsOptions, io: Io): Promise<ExitCode> {
  const { config, workspace } = await surroundingsOf(io);
  const known = [...new Set([...builtInHarnesses, ...Object.keys(config?.harnesses ?? {})])];
  if (harness !== undefined && !known.includes(harness)) {
    const meant = nearest(harness, known);
    io.stderr(
      `There is no agent CLI \`${harness}\`${meant === undefined ? '.' : `; did you mean \`${meant}\`?`} See all with: oompa models\n`,
    );
    return 2;
  }
  const stopping = new AbortController();
  io.onStop(() => {
    stopping.abort();
  });
  const asked = await Promise.all(
    known
      .filter((name) => harness === undefined || name === harness)
      .map((name) => modelsOf(name, { config, workspace, signal: stopping.signal }, io)),
  );
  if (stopping.signal.aborted) return 130;
  // One that is neither there nor used is nobody's business, unless it was asked for.
  const harnesses = asked.filter((each) => harness !== undefined || each.used || each.offer.kind !== 'missing');
  const found: Models = { harnesses, unlisted: harnesses.flatMap(unlistedOf) };
  const shown = { ...found, harnesses: harnesses.map((each) => filtered(each, filter)) };
  const style = { paint: painter(io.color), columns: io.columns };
  io.stdout(json === true ? `${JSON.stringify(shown, null, 2)}\n` : renderModels(shown, harness !== undefined, style));
  const isSilent = harnesses.some(({ used, offer }) => used && (offer.kind === 'missing' || offer.kind === 'broken'));
  return isSilent || found.unlisted.length > 0 ? 1 : 0;
}

interface Surroundings {
  readonly config: Config | undefined;
  readonly workspace: string;
}

/** What the CLIs offer can be seen without a workspace too. */
async function surroundingsOf(io: Io): Promise<Surroundings> {
  const opened = await openRepository(io.cwd, { identity: false });
  if (opened.kind === 'problem') return { config: undefined, workspace: io.cwd };
  const workspace = opened.repository.root;
  const path = join(workspace, configFile);
  const loaded = await loadConfig({ path, workspace, knownHarnesses: builtInHarnesses });
  if (loaded.kind === 'loaded') return { config: loaded.config, workspace };
  if (!loaded.problems.some(({ message }) => message === 'does not exist')) {
    io.stderr(`${configFile} has problems, so nothing of it is marked here. See them with: oompa doctor\n`);
  }
  return { config: undefined, workspace };
}

async function modelsOf(
  harness: string,
  { config, workspace, signal }: Surroundings & { readonly signal: AbortSignal },
  io: Io,
): Promise<HarnessModels> {
  const agents = config === undefined ? [] : agentsOf(config).filter((agent) => agent.harness === harness);
  const usedModels = [...new Set(agents.flatMap(({ model }) => (model === undefined ? [] : [model])))];
  const used = { harness, used: agents.length > 0, usedModels };
  const env = agentEnvironment(io.env, { configEnv: config?.harnesses[harness]?.env ?? {}, own: {} });
  const binary =
    config === undefined
      ? findBinary(findHarness(harness, {})?.binary ?? harness, env['PATH'] ?? '')
      : locateBinary(config, harness, { env: io.env, workspace });
  if (binary === undefined) return { ...used, offer: { kind: 'missing' } };
  // A project may name models of its own, but a CLI that only looks must not write there.
  return withProbeFolder(workspace, async (made) => {
    const where = made.kind === 'made' ? { cwd: made.worktree } : {};
    return { ...used, offer: await listModels(harness, { binary, env, ...where }, { limitMs, signal }) };
  });
}

/** Milliseconds; a first start of opencode fetches its list of models. Without a network it took 29 s on a busy machine (1.18.33). */
const limitMs = 60_000;

function unlistedOf({ harness, offer, usedModels }: HarnessModels): UnlistedModel[] {
  if (offer.kind !== 'listed') return [];
  return usedModels
    .filter((model) => !offer.models.includes(model))
    .map((model) => {
      const meant = nearest(model, offer.models);
      return { harness, model, ...(meant === undefined ? {} : { meant }) };
    });
}

function filtered(each: HarnessModels, filter: string | undefined): HarnessModels {
  if (filter === undefined || each.offer.kind !== 'listed') return each;
  const part = filter.toLowerCase();
  const found = each.offer.models.filter((model) => model.toLowerCase().includes(part));
  return { ...each, offer: { kind: 'listed', models: found } };
}
