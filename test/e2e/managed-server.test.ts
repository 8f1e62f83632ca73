import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { opencodeFor } from '../../src/demo/model-server/opencode.ts';
import type { ModelReply, ModelRequest } from '../../src/demo/model-server/script.ts';
import { startModelServer } from '../../src/demo/model-server/server.ts';
import { variableOfEach } from '../../src/system/process-table.ts';
import { describeWithCli } from '../rig/clis.ts';
import { openWorld } from '../rig/world.ts';

/** A worker that needs two turns for its file, and a reviewer that agrees. */
function script(request: ModelRequest): ModelReply {
  if (request.prompt.includes('# How to decide')) return { kind: 'say', text: 'Fine.\n\nVERDICT: APPROVED' };
  const task = /# Task: Write (\w)/.exec(request.prompt)?.[1];
  if (task !== undefined && request.replies === 0) {
    return { kind: 'use', tool: { kind: 'bash', command: `pwd > ${task}.txt` } };
  }
  return { kind: 'say', text: task === undefined ? 'Done.\n\nCOMPLETE_AND_READY_FOR_MERGE' : 'I go on next time.' };
}

describeWithCli('opencode', 'one server for all turns of a run', (program) => {
  test('takes the turns of two workers, each in its worktree, in resumed sessions, and is gone with the run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oompa-managed-'));
    const server = await startModelServer({ script });
    const cli = await opencodeFor(server, folder);
    const { XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, ...env } = cli.env;
    expect([XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME]).not.toContain(undefined);
    const agent = { harness: 'opencode', model: cli.model };
    const world = await openWorld({
      config: stringify({
        workers: [{ name: 'builders', count: 2, ...agent }],
        reviewer: agent,
        harnesses: { opencode: { args: cli.args, env, serve: 'managed' } },
      }),
      tasks: { a: 'title: Write a', b: 'title: Write b' },
      env: { PATH: `${dirname(program)}${delimiter}${process.env['PATH'] ?? ''}` },
    });
    try {
      const run = world.swarm();
      expect(await run.exitCode, run.said()).toBe(0);
      expect(run.all('server:changed').map(({ now }) => now)).toEqual(['ready']);
      expect(run.all('turn:ended').filter(({ ending }) => ending !== 'answered')).toEqual([]);
      expect(run.all('turn:started').filter(({ session }) => session === 'resumed')).toHaveLength(2);
      const places = [await world.repo.git('show', 'main:a.txt'), await world.repo.git('show', 'main:b.txt')];
      const worktrees = ['builders-1', 'builders-2'].map((name) => join(world.repo.path, '.oompa', 'worktrees', name));
      expect(places.sort()).toEqual(worktrees);
      const id = run.all('run:started')[0]?.run;
      expect(await variableOfEach('OOMPA_RUN')).not.toContain(id);
      // The clients, too, keep away from the user's own state.
      expect(existsSync(join(homedir(), '.local', 'share', 'opencode'))).toBe(false);
    } finally {
      await world.close();
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  });
});
