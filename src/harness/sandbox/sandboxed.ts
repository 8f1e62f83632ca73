import type { AgentCommand, Harness } from '../harness.ts';

/** Where an agent may write, and what it sees. Absolute paths, all of which exist. */
export interface SandboxPlan {
  /** bubblewrap (`findBwrap`). */
  readonly bwrap: string;
  /** Where the agent works. */
  readonly cwd: string;
  readonly writable: readonly string[];
  /** Read-only though they are in a folder that is writable. */
  readonly locked: readonly string[];
  /** Seen though they are below /tmp, of which an agent has its own. */
  readonly visible: readonly string[];
  /** Sockets that would let an agent out. */
  readonly hidden: readonly string[];
  /** Variables that hold whatever others say. */
  readonly env: Readonly<Record<string, string>>;
  /** Without it nothing but the agent's own 127.0.0.1 can be reached: no model of a provider either, nor one on this machine. */
  readonly network: boolean;
  /** True when oompa runs as root. */
  readonly root: boolean;
}

/** The same CLI, with every turn in the sandbox. */
export function inSandbox(harness: Harness, plan: SandboxPlan): Harness {
  return { ...harness, command: (request) => sandboxed(harness.command(request), plan) };
}

/** The same command in a sandbox: it can write nothing but what the plan says, and nothing of it outlives it (bubblewrap 0.8.0). */
function sandboxed(command: AgentCommand, plan: SandboxPlan): AgentCommand {
  const variables = Object.entries(plan.env).flatMap(([name, value]) => ['--setenv', name, value]);
  return {
    ...command,
    binary: plan.bwrap,
    args: [
      ...confinement(plan),
      // In this order: a later mount is on top of an earlier one.
      ...plan.visible.filter(isPrivate).flatMap((path) => ['--ro-bind', path, path]),
      ...plan.writable.flatMap((path) => ['--bind', path, path]),
      ...plan.locked.flatMap((path) => ['--ro-bind', path, path]),
      ...plan.hidden.flatMap((path) => ['--ro-bind', '/dev/null', path]),
      ...variables,
      ...['--chdir', plan.cwd, '--', command.binary, ...command.args],
    ],
  };
}

/** What every sandbox has: what is to be found out about a bubblewrap is whether it can do this. */
export function confinement({ network, root }: Pick<SandboxPlan, 'network' | 'root'>): string[] {
  return [
    // When bubblewrap ends, however it does, the kernel ends all that is in a process namespace, also what has dropped the
    // turn's mark and left its group. No `--new-session`: an agent has no terminal, and its group is how it is ended.
    ...['--die-with-parent', '--unshare-pid', ...(network ? [] : ['--unshare-net'])],
    // Run by root it keeps every capability unless told otherwise, and `mount -o remount,rw /` succeeds.
    ...['--cap-drop', 'ALL', ...(root ? ownersOfFiles.flatMap((name) => ['--cap-add', name]) : [])],
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    // Root can write the system's settings without any capability.
    ...['--ro-bind', '/proc/sys', '/proc/sys'],
    ...['--tmpfs', privateFolder],
  ];
}

/** Root is used to work on the files of others. */
const ownersOfFiles = ['CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER'];

const privateFolder = '/tmp';

function isPrivate(path: string): boolean {
  return path.startsWith(`${privateFolder}/`);
}
