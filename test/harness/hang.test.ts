import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { opencodeFor, type ScriptedCli } from '../../src/demo/model-server/opencode.ts';
import type { ModelReply, ModelRequest } from '../../src/demo/model-server/script.ts';
import { startModelServer, type ModelServer } from '../../src/demo/model-server/server.ts';
import { claude } from '../../src/harness/claude.ts';
import { codex } from '../../src/harness/codex.ts';
import type { Harness } from '../../src/harness/harness.ts';
import { opencode } from '../../src/harness/opencode.ts';
import { runAgent } from '../../src/harness/run-agent.ts';
import type { TurnWarning } from '../../src/harness/watch.ts';
import { isAlive } from '../../src/system/process-identity.ts';
import { variableOfEach } from '../../src/system/process-table.ts';
import { describeWithCli } from '../rig/clis.ts';
import { allRoutes } from '../rig/model-servers/all.ts';
import { keepChanging } from '../rig/keep-changing.ts';
import { claudeFor, codexFor } from '../rig/model-servers/clis.ts';
import { limits, openTurns } from './turns.ts';

interface Driven {
  readonly harness: Harness;
  readonly prepare: (server: ModelServer, folder: string) => Promise<ScriptedCli>;
}

const driven: Readonly<Record<'opencode' | 'claude' | 'codex', Driven>> = {
  opencode: { harness: opencode, prepare: (server, folder) => opencodeFor(server, folder) },
  claude: { harness: claude, prepare: claudeFor },
  codex: { harness: codex, prepare: codexFor },
};

for (const name of ['opencode', 'claude', 'codex'] as const) {
  describeWithCli(name, `the real ${name}, whose model never answers`, (cli) => {
    it('is ended as silent, with the tool that it has started', async () => {
      const turns = await openTurns();
      const starting = keepChanging(turns.worktree);
      // A tool is started; from the next question on, nothing more comes, and nothing changes.
      const server = await startModelServer({
        routes: allRoutes,
        script: (request) => (request.replies === 0 ? startTool : { kind: 'hang' }),
        onRequest: ({ replies }: ModelRequest) => {
          if (replies > 0) starting.end();
        },
      });
      const mark = randomUUID();
      const warnings: TurnWarning[] = [];
      try {
        const state = join(turns.folder, 'state');
        mkdirSync(state);
        const { env, args, model } = await driven[name].prepare(server, state);
        const turn = await runAgent(
          turns.job(
            { settings: { binary: cli, args }, model, newSessionId: randomUUID(), root: process.getuid?.() === 0 },
            {
              harness: driven[name].harness,
              env: { PATH: process.env['PATH'] ?? '', ...env, OOMPA_HANG: mark },
              limits: { ...limits, silenceMs: 1500 },
              onWarning: (warning) => warnings.push(warning),
            },
          ),
        );
        expect(turn, turns.transcript('stdout') + turns.transcript('stderr')).toMatchObject({
          ending: { kind: 'failed', failure: { kind: 'silent' } },
          session: {},
        });
        expect(warnings.map((each) => each.kind)).toEqual(['silent']);
        expect(server.requests.some(({ replies }) => replies > 0)).toBe(true);
        expect(isAlive(Number(readFileSync(join(turns.worktree, 'tool.pid'), 'utf8')), undefined)).toBe(false);
        expect(await variableOfEach('OOMPA_HANG')).not.toContain(mark);
      } finally {
        starting.end();
        await server.close();
        await turns.close();
      }
    });
  });
}

describeWithCli('claude', 'the real claude, whose login is refused', (cli) => {
  it('is ended when that is certain, and not ten tries later', async () => {
    const turns = await openTurns();
    const server = await startModelServer({ routes: allRoutes, script: () => ({ kind: 'status', status: 401 }) });
    try {
      const { env, args, model } = await claudeFor(server, turns.folder);
      const { ending } = await runAgent(
        turns.job(
          { settings: { binary: cli, args }, model, newSessionId: randomUUID() },
          { harness: claude, env: { PATH: process.env['PATH'] ?? '', ...env, CLAUDE_CODE_MAX_RETRIES: '10' } },
        ),
      );
      expect(ending).toMatchObject({ kind: 'failed', failure: { kind: 'auth' } });
      expect(server.requests.length).toBeLessThan(6);
    } finally {
      await server.close();
      await turns.close();
    }
  });
});

const startTool: ModelReply = {
  kind: 'use',
  tool: { kind: 'bash', command: 'tail -f /dev/null >/dev/null 2>&1 & echo $! > tool.pid' },
};
