import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, delimiter } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { opencodeFor, warmOpencode } from '../../src/demo/model-server/opencode.ts';
import type { ScriptedCli } from '../../src/demo/model-server/opencode.ts';
import type { ModelReply, ModelRequest } from '../../src/demo/model-server/script.ts';
import { startModelServer } from '../../src/demo/model-server/server.ts';
import type { ModelServer } from '../../src/demo/model-server/server.ts';
import { describeWithCli } from '../rig/clis.ts';
import { allRoutes } from '../rig/model-servers/all.ts';
import { claudeFor, codexFor, geminiFor } from '../rig/model-servers/clis.ts';
import type { CliName } from '../rig/pinned-clis.ts';
import { openWorld } from '../rig/world.ts';

const prepare: Record<CliName, (server: ModelServer, folder: string) => Promise<ScriptedCli>> = {
  opencode: (server, folder) => opencodeFor(server, folder),
  claude: claudeFor,
  codex: codexFor,
  gemini: geminiFor,
};

/** A worker that needs two turns, and a reviewer that wants one change. Who is asked shows in the prompt. */
function script(request: ModelRequest): ModelReply {
  if (request.prompt.includes('# How to decide')) {
    return request.prompt.includes('(round 1)')
      ? say('hello.txt has to say it in capitals.\n\nVERDICT: NEEDS_CHANGES')
      : say('It does now.\n\nVERDICT: APPROVED');
  }
  if (request.prompt.includes('# Task: Say hello')) return say('I looked around, and go on next time.');
  if (request.replies > 0) return say('It is written.\n\nCOMPLETE_AND_READY_FOR_MERGE');
  const words = request.prompt.includes('in capitals') ? 'HELLO' : 'hello';
  return { kind: 'use', tool: { kind: 'bash', command: `echo ${words} > hello.txt` } };
}

function say(text: string): ModelReply {
  return { kind: 'say', text };
}

for (const name of ['opencode', 'claude', 'codex', 'gemini'] as const) {
  describeWithCli(name, `the real ${name}`, (program) => {
    test('takes one task through a resumed session and two rounds of review to main', async () => {
      const folder = await mkdtemp(join(tmpdir(), `oompa-${name}-`));
      const server = await startModelServer({ script, routes: allRoutes });
      const cli = await prepare[name](server, folder);
      if (name === 'opencode') expect(await warmOpencode(program, cli)).toBeUndefined();
      // opencode's variants belong to a real model, and gemini has no such option.
      const effort = name === 'claude' || name === 'codex' ? { effort: 'low' } : {};
      const agent = { harness: name, model: cli.model, ...effort };
      const world = await openWorld({
        config: stringify({
          workers: [{ name: 'builders', ...agent }],
          reviewer: agent,
          harnesses: { [name]: { args: cli.args, env: cli.env } },
        }),
        tasks: { hello: 'title: Say hello' },
        env: { PATH: `${dirname(program)}${delimiter}${process.env['PATH'] ?? ''}` },
      });
      try {
        const run = world.swarm();
        expect(await run.exitCode, run.said()).toBe(0);
        expect(await world.repo.git('show', 'main:hello.txt'), run.said()).toBe('HELLO');
        const turns = run.all('turn:ended');
        expect(turns.map(({ ending, signal }) => signal ?? ending)).toEqual(['answered', 'ready', 'ready']);
        expect(run.all('turn:started').map(({ session }) => session)).toEqual(['fresh', 'resumed', 'resumed']);
        expect(run.all('review:ended').map(({ verdict }) => verdict)).toEqual(['needs-changes', 'approved']);
        expect(turns.every(({ usage }) => usage.input > 0 && usage.output > 0)).toBe(true);
        const lastTurn = server.requests.findLast(({ prompt }) => !prompt.includes('# How to decide'));
        expect(lastTurn?.messages.some(({ text }) => text.includes('# Task: Say hello'))).toBe(true);
      } finally {
        await world.close();
        await server.close();
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      }
    });
  });
}
