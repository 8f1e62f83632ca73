import { askCli, findBinary } from '../probe.ts';
import { confinement } from './sandboxed.ts';

/** bubblewrap on this machine. `detail` and `remedy` are one line each. */
export type Bwrap =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'missing'; readonly remedy: string }
  /** It is there, and the system does not let it do what a sandbox needs. */
  | { readonly kind: 'refused'; readonly path: string; readonly detail: string; readonly remedy: string };

/** Looks for bubblewrap on the PATH, and has it run a program that does nothing in a sandbox: about 10 ms, at most 10 s. */
export async function findBwrap(
  env: Readonly<Record<string, string | undefined>>,
  root: boolean = process.getuid?.() === 0,
): Promise<Bwrap> {
  const path = findBinary('bwrap', env['PATH'] ?? '');
  if (path === undefined) return { kind: 'missing', remedy: `install bubblewrap (Linux only), or ${without}` };
  const args = [...confinement({ network: false, root }), '--', 'true'];
  const question = { binary: path, args, env: { PATH: env['PATH'] ?? '' }, cwd: '/' };
  const { exitCode, timedOut, stderr } = await askCli(question, { limitMs: 10_000 });
  if (exitCode === 0 && !timedOut) return { kind: 'found', path };
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return {
    kind: 'refused',
    path,
    detail: timedOut ? 'it did not end within 10 s' : said === '' ? 'it failed without a word' : said,
    remedy: `let programs make user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu, kernel.unprivileged_userns_clone=1 on Debian; a container must be allowed to by whoever starts it), or ${without}`,
  };
}

const without = 'set sandbox: none';
