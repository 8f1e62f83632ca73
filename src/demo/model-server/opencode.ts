import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How to start a CLI so that it uses a scripted model and keeps everything that it writes in one folder. */
export interface ScriptedCli {
  /** To be laid over the environment of the CLI. */
  readonly env: Readonly<Record<string, string>>;
  /** Arguments beside those that the harness gives. */
  readonly args: readonly string[];
  /** For the CLI's option for the model. */
  readonly model: string;
}

/**
 * Prepares opencode for a scripted model: no key, no network, its state under `folder`, the user's own state untouched.
 * `models` are names that a script may be asked for, `fake/<name>` for the CLI; the first one is `model`.
 * A first start in a fresh folder migrates a database and must not run twice at once: see `warmOpencode`. (opencode 1.18.33)
 */
export async function opencodeFor(
  server: { readonly url: string },
  folder: string,
  models: readonly [string, ...string[]] = ['scripted'],
): Promise<ScriptedCli> {
  const config = join(folder, 'config');
  const home = join(folder, 'home');
  const temporary = join(folder, 'tmp');
  await seed(join(config, 'opencode'));
  for (const made of [home, temporary]) await mkdir(made, { recursive: true });
  return {
    env: {
      HOME: home,
      XDG_DATA_HOME: join(folder, 'data'),
      XDG_CONFIG_HOME: config,
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      // Every start leaves a shared library of some megabytes in the temporary folder.
      TMPDIR: temporary,
      OPENCODE_CONFIG_CONTENT: JSON.stringify(configuration(server.url, models)),
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    },
    args: [],
    model: `fake/${models[0]}`,
  };
}

/**
 * Lets opencode migrate the database of a fresh data folder before several of them start at once: without it about half of
 * eight parallel first starts fail. `program` is a path or a name on the PATH. Gives what went wrong, undefined if nothing.
 */
export function warmOpencode(program: string, { env }: ScriptedCli): Promise<string | undefined> {
  return new Promise((resolve) => {
    const cwd = env['TMPDIR'];
    // The cheapest command that opens the database (`--version` does not), seen with opencode 1.18.33.
    execFile(
      program,
      ['session', 'list'],
      { cwd, env: { ...process.env, ...env, PWD: cwd } },
      (error, _out, stderr) => {
        resolve(error === null ? undefined : stderr.trim() || error.message);
      },
    ).stdin?.end();
  });
}

function configuration(url: string, models: readonly string[]) {
  return {
    // Without this list a mistyped name could reach a provider that is built in and needs no key.
    enabled_providers: ['fake'],
    share: 'disabled',
    autoupdate: false,
    permission: { external_directory: 'deny' },
    provider: {
      fake: {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${url}/v1`, apiKey: 'none' },
        models: Object.fromEntries(models.map((name) => [name, { limit: { context: 200_000, output: 8_000 } }])),
      },
    },
  };
}

/** opencode installs its plug-in package into a config folder unless that folder says that it is there. */
async function seed(folder: string): Promise<void> {
  const dependencies = { '@opencode-ai/plugin': '*' };
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies }));
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies } } }),
  );
}
