import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { clisFolder, pinnedClis } from './pinned-clis.ts';
import type { PinnedCli } from './pinned-clis.ts';

const run = promisify(execFile);
const minute = 60_000;

process.exitCode = (await installAll()) ? 0 : 1;

/** Each CLI by itself, so that one which can't be had doesn't cost the others. */
async function installAll(): Promise<boolean> {
  prepareFolder();
  let allWell = true;
  for (const cli of pinnedClis) {
    const problem = (await check(cli)) && (await install(cli));
    if (problem) allWell = false;
    say(problem ? `FAILED: ${label(cli)}: ${problem}` : `${label(cli)} is in .clis/node_modules/.bin/${cli.name}`);
  }
  return allWell;
}

/** A package of its own, so that npm doesn't climb to the project's; naming the packages lets npm 11 run their install scripts. */
function prepareFolder(): void {
  mkdirSync(clisFolder, { recursive: true });
  const manifest = {
    private: true,
    dependencies: Object.fromEntries(pinnedClis.filter(isInstalled).map((cli) => [cli.package, cli.version])),
    allowScripts: Object.fromEntries(pinnedClis.map((cli) => [cli.package, true])),
  };
  writeFileSync(join(clisFolder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Undefined when the pinned version is installed and answers, else what is wrong. */
async function check(cli: PinnedCli): Promise<string | undefined> {
  if (!isInstalled(cli)) return 'not installed in this version';
  const home = mkdtempSync(join(tmpdir(), 'oompa-clis-'));
  try {
    const binary = join(clisFolder, 'node_modules', '.bin', cli.name);
    const env = { ...process.env, HOME: home };
    const { stdout } = await run(binary, ['--version'], { cwd: home, env, timeout: minute });
    return stdout.includes(cli.version) ? undefined : `it says that it is version ${stdout.trim()}`;
  } catch (error) {
    return firstLine(error);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Tries twice, because large downloads do break. Undefined when well. */
async function install(cli: PinnedCli): Promise<string | undefined> {
  say(`installing ${label(cli)} …`);
  return (await installOnce(cli)) && (await installOnce(cli));
}

async function installOnce(cli: PinnedCli): Promise<string | undefined> {
  removeLeftovers(cli);
  const options = ['--prefix', clisFolder, '--save-exact', '--no-audit', '--no-fund', '--include=optional'];
  try {
    await run('npm', ['install', ...options, '--loglevel=error', `${cli.package}@${cli.version}`], {
      cwd: clisFolder,
      timeout: 3 * minute,
    });
  } catch (error) {
    return firstLine(error);
  }
  return check(cli);
}

/** From nothing, the packages that hold the binaries too: npm doesn't mend what has the right version and is broken. */
function removeLeftovers(cli: PinnedCli): void {
  const folder = join(clisFolder, 'node_modules', dirname(cli.package));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((each) => each.startsWith(basename(cli.package)))) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isInstalled(cli: PinnedCli): boolean {
  try {
    const manifest = readFileSync(join(clisFolder, 'node_modules', cli.package, 'package.json'), 'utf8');
    return (JSON.parse(manifest) as { version?: unknown }).version === cli.version;
  } catch {
    return false;
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 4).join(' | ');
}

function label(cli: PinnedCli): string {
  return `${cli.name} ${cli.version}`;
}

function say(line: string): void {
  process.stdout.write(`clis: ${line}\n`);
}
