import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bringCopies, type Copy } from './copies.ts';
import { homeOf, stateFolders, usersFolder, type StateFolder } from './folders.ts';
import { linkEntries } from './links.ts';
import { makeFolder } from './write.ts';
import { seedPackages } from './opencode-packages.ts';
import { sizeOf } from './size.ts';

/** Whose folders a CLI keeps its sessions, logs and credentials in: the user's, or some of the worker's slot alone. */
export type StateMode = 'user' | 'slot';

/** What prepares the state of a slot for a turn. */
export interface StateOrder {
  readonly mode: StateMode;
  /** Absolute path of the slot's state (`<workspace>/.oompa/state/<slot>`), which only one turn at a time may use. */
  readonly folder: string;
  /** What the agent sees of the user's surroundings, the config's `env:` included. */
  readonly env: Readonly<Record<string, string>>;
  /** `harnesses.<name>.env` of the config: a state folder that it names is used as it is. */
  readonly configEnv: Readonly<Record<string, string>>;
  /** True when the turn goes on with a session that is kept there. */
  readonly resumes: boolean;
}

/** Variables that lead a CLI to its state, and the folders (or files) that it writes there. */
export type SlotState =
  | { readonly kind: 'ready'; readonly env: Readonly<Record<string, string>>; readonly writable: readonly string[] }
  /** One line: what could not be copied, and what else can be done. */
  | { readonly kind: 'failed'; readonly detail: string };

/**
 * `slot` for opencode: 4 of 8 first starts on one fresh data folder failed, and it installs packages into the user's settings
 * (1.18.33). `user` for the others: 8 at a time on one folder were fine (claude 2.1.329, codex 0.169.0, gemini 0.61.0), and a
 * copied login that is renewed would log the user out. In a sandbox, where the user's own can't be written, `slot` for all.
 */
export function stateMode(
  harness: string,
  { setting, sandboxed }: { readonly setting: StateMode | undefined; readonly sandboxed: boolean },
): StateMode {
  if (setting !== undefined) return setting;
  return stateFolders.has(harness) && (harness === 'opencode' || sandboxed) ? 'slot' : 'user';
}

/**
 * Prepares the state of a slot for a turn of a CLI, and says how to lead the CLI there. It is kept, so that sessions can be
 * resumed; what is the user's is only read, and copied again when it has changed since. Of a CLI that oompa does not know,
 * nothing is known. A slot takes 1 to 3 MB, and each session adds some 0.2 MB; one of more than 500 MB begins anew.
 */
export async function slotState(harness: string, order: StateOrder): Promise<SlotState> {
  const known = stateFolders.get(harness) ?? [];
  const isUsers = ({ variable }: StateFolder) => order.mode === 'user' || Object.hasOwn(order.configEnv, variable);
  const theirs = known.filter(isUsers);
  const ours = known.filter((folder) => !isUsers(folder));
  const slot = join(order.folder, harness);
  try {
    if (!order.resumes && (await sizeOf(slot)) > maxBytes) await rm(slot, { recursive: true, force: true });
    if (ours.length > 0) await prepare(ours, slot, order);
  } catch (error) {
    return failed(harness, error instanceof Error ? error.message : String(error));
  }
  return {
    kind: 'ready',
    env: Object.fromEntries(ours.map(({ variable, name }) => [variable, join(slot, name)])),
    writable: [
      ...(ours.length > 0 ? [slot] : []),
      ...theirs.flatMap((folder) => [
        join(usersFolder(folder, order.env), folder.own),
        ...besides(folder, order.env).map(({ from }) => from),
      ]),
    ],
  };
}

const maxBytes = 500_000_000;

function failed(harness: string, why: string): SlotState {
  return {
    kind: 'failed',
    detail: `${harness}'s state could not be prepared: ${why}; harnesses.${harness}.state: user does without`,
  };
}

async function prepare(folders: readonly StateFolder[], slot: string, { env }: StateOrder): Promise<void> {
  for (const folder of folders) {
    const to = join(slot, folder.name);
    await makeFolder(join(to, folder.own), slot);
    if (folder.shared) await linkEntries(usersFolder(folder, env), to, [folder.own]);
  }
  const copies = folders.flatMap((folder) => copiesOf(folder, slot, env));
  // Not in there, where an agent could write what is to be removed.
  await bringCopies(copies, { within: slot, notes: `${slot}.copied.json` });
  const config = folders.find(({ variable }) => variable === 'XDG_CONFIG_HOME');
  if (config === undefined) return;
  await seedPackages(join(usersFolder(config, env), config.own), join(slot, config.name, config.own));
}

function copiesOf(folder: StateFolder, slot: string, env: StateOrder['env']): Copy[] {
  const from = join(usersFolder(folder, env), folder.own);
  const to = join(slot, folder.name, folder.own);
  const copies =
    folder.copied === 'all'
      ? [{ from, to, except: ['node_modules', '.git'] }]
      : folder.copied.map((name) => ({ from: join(from, name), to: join(to, name) }));
  return [...copies, ...besides(folder, env).map((each) => ({ from: each.from, to: join(to, each.name) }))];
}

/** claude keeps one file beside its folder, as long as no variable moves the folder (2.1.329). */
function besides(
  { variable }: StateFolder,
  env: StateOrder['env'],
): { readonly from: string; readonly name: string }[] {
  if (variable !== 'CLAUDE_CONFIG_DIR' || env[variable]) return [];
  return [{ from: join(homeOf(env), '.claude.json'), name: '.claude.json' }];
}
