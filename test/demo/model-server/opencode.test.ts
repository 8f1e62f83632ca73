import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { opencodeFor, warmOpencode, type ScriptedCli } from '../../../src/demo/model-server/opencode.ts';
import { startModelServer, type ModelServer } from '../../../src/demo/model-server/server.ts';
import { describeWithCli } from '../../rig/clis.ts';

const timeout = 180_000;

test('a script can be asked for every model that is named', async () => {
  const { env, model } = await opencodeFor({ url: 'http://127.0.0.1:1' }, await temporaryFolder(), [
    'worker',
    'reviewer',
  ]);
  expect(model).toBe('fake/worker');
  expect(JSON.parse(env['OPENCODE_CONFIG_CONTENT'] ?? '')).toMatchObject({
    enabled_providers: ['fake'],
    share: 'disabled',
    provider: { fake: { options: { baseURL: 'http://127.0.0.1:1/v1' }, models: { worker: {}, reviewer: {} } } },
  });
});

test('warming says what went wrong when there is no such program', async () => {
  const ready = await opencodeFor({ url: 'http://127.0.0.1:1' }, await temporaryFolder());
  expect(await warmOpencode(join('no', 'such', 'program'), ready)).toContain('ENOENT');
});

describeWithCli('opencode', 'opencode prepared for a scripted model', (program) => {
  test('asks no package registry and keeps its state in the folder', { timeout }, async () => {
    const { server, folder, ready } = await setUp();
    const registry = await countingServer();
    const before = await readdir(homedir());
    await run(program, { ...ready, env: { ...ready.env, npm_config_registry: registry.url } }, folder);
    expect(server.requests).toHaveLength(1);
    expect(registry.paths).toEqual([]);
    expect(await readdir(homedir())).toEqual(before);
    await access(join(folder, 'data', 'opencode', 'opencode.db'));
  });

  test('can start several times at once after it was warmed', { timeout }, async () => {
    const { server, folder, ready } = await setUp();
    expect(await warmOpencode(program, ready)).toBeUndefined();
    await access(join(folder, 'data', 'opencode', 'opencode.db'));
    expect(server.requests).toEqual([]);
    const ends = await Promise.all([1, 2, 3].map(() => run(program, ready, folder)));
    expect(ends.map((stdout) => stdout.includes('All is well.'))).toEqual([true, true, true]);
  });
});

async function setUp(): Promise<{ server: ModelServer; folder: string; ready: ScriptedCli }> {
  const server = await startModelServer({ script: () => ({ kind: 'say', text: 'All is well.' }) });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  return { server, folder, ready: await opencodeFor(server, folder) };
}

async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-opencode-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  return folder;
}

/** stdout of one turn in a new folder; rejects with stderr if it fails. */
async function run(program: string, { env, model }: ScriptedCli, folder: string): Promise<string> {
  const cwd = await mkdtemp(join(folder, 'repo-'));
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      ['run', '--format', 'json', '-m', model, '--dir', cwd],
      { cwd, env: { ...process.env, ...env, PWD: cwd } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}\n${stderr}`));
      },
    );
    child.stdin?.end('Look around.');
  });
}

/** A server that has nothing, and remembers what it was asked for. */
async function countingServer(): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  return { url: `http://127.0.0.1:${String(typeof address === 'object' ? (address?.port ?? 0) : 0)}/`, paths };
}
