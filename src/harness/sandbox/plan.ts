import { existsSync, realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { findBinary } from '../probe.ts';
import type { SandboxPlan } from './sandboxed.ts';

/** What a sandbox is to be made for. Absolute paths. */
export interface SandboxOrder {
  readonly bwrap: string;
  /** The CLI's program, as it is called: its name on the PATH, or a path. */
  readonly program: string;
  /** The folder that oompa was started in. */
  readonly workspace: string;
  readonly worktree: string;
  /** The worktree's own folder in the repository (`.git/worktrees/<name>`). */
  readonly admin: string;
  /** The folder that all worktrees share (`.git`). */
  readonly commonDir: string;
  /** The branch of the iteration, without `refs/heads/`; empty where there is none. */
  readonly branch: string;
  /** The slot's state (`<workspace>/.oompa/state/<slot>`); tools of agents get their caches in there. */
  readonly state: string;
  /** What the CLI writes besides (`SlotState.writable`); of these, what does not exist is left out. */
  readonly writable: readonly string[];
  /** All that the agent sees of the surroundings: HOME, PATH, TMPDIR. */
  readonly env: Readonly<Record<string, string>>;
  /** `harnesses.<name>.env` of the config, which decides where caches go if it says so. */
  readonly configEnv: Readonly<Record<string, string>>;
  readonly network: boolean;
  readonly root: boolean;
}

/** What planning gave; `detail` is one line. */
export type Planned =
  { readonly kind: 'ready'; readonly plan: SandboxPlan } | { readonly kind: 'failed'; readonly detail: string };

/**
 * Plans a sandbox for a turn, and makes the folders that it needs. A commit in a linked worktree writes objects, the
 * worktree's own folder, its branch and that branch's reflog (git 2.39); main, all other branches but those of the same run, refs
 * of oompa, hooks and the repository's settings are read-only.
 */
export async function planSandbox(order: SandboxOrder): Promise<Planned> {
  const { worktree, admin, commonDir, env } = order;
  const caches = join(order.state, 'cache');
  const branches = branchFolders(order);
  try {
    for (const folder of [...branches, join(caches, 'npm')]) await mkdir(folder, { recursive: true });
    // Else an agent could make one, with commands that git would run outside of the sandbox.
    await writeFile(join(admin, 'config.worktree'), '', { flag: 'a' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', detail: `the sandbox could not be prepared: ${why}` };
  }
  const stores = ['objects', 'lfs'].map((name) => join(commonDir, name));
  const mine = [
    worktree,
    admin,
    ...stores,
    ...branches,
    caches,
    ...folders(env['TMPDIR']).filter((path) => path !== '/tmp'),
    ...order.writable,
  ];
  return {
    kind: 'ready',
    plan: {
      ...{ bwrap: order.bwrap, cwd: worktree, network: order.network, root: order.root },
      writable: mine.filter((path) => existsSync(path)),
      // They lead git to the repository: with others it would take an agent's settings for the user's.
      locked: [join(worktree, '.git'), ...['commondir', 'gitdir', 'config.worktree'].map((name) => join(admin, name))],
      visible: [
        ...[order.workspace, commonDir, ...folders(env['HOME']), ...folders(env['PATH'])],
        ...installed(order.program, env['PATH'] ?? ''),
      ].filter((path) => existsSync(path)),
      hidden: wayOut(env).filter((path) => existsSync(path)),
      env: Object.fromEntries(
        Object.entries({ XDG_CACHE_HOME: caches, npm_config_cache: join(caches, 'npm') }).filter(
          ([name]) => !Object.hasOwn(order.configEnv, name),
        ),
      ),
    },
  };
}

/** Of the branch and its reflog: git replaces their files. A branch without a folder of its own would open all others. */
function branchFolders({ branch, commonDir }: SandboxOrder): string[] {
  const folder = dirname(branch);
  if (folder === '.') return [];
  return [join(commonDir, 'refs', 'heads', folder), join(commonDir, 'logs', 'refs', 'heads', folder)];
}

/** Where a CLI really lies, which the link to it on the PATH does not tell; with npm the packages that it needs are around it. */
function installed(program: string, path: string): string[] {
  const found = findBinary(program, path);
  if (found === undefined) return [];
  const real = realpathSync(found);
  const packages = /^.*?\/node_modules(?=\/)/.exec(real)?.[0];
  return [dirname(real), ...(packages === undefined ? [] : [packages])];
}

function folders(list = ''): string[] {
  return list.split(delimiter).filter((folder) => isAbsolute(folder));
}

/** Who can speak to one of these can have a program started outside. */
function wayOut(env: SandboxOrder['env']): string[] {
  const session = env['XDG_RUNTIME_DIR'] ?? `/run/user/${String(process.getuid?.())}`;
  return [
    ...[
      'docker.sock',
      'podman/podman.sock',
      'containerd/containerd.sock',
      'dbus/system_bus_socket',
      'systemd/private',
    ].map((name) => join('/run', name)),
    ...['bus', 'docker.sock', 'podman/podman.sock', 'systemd/private'].map((name) => join(session, name)),
  ];
}
