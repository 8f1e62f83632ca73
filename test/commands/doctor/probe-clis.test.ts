import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { doctor } from '../../../src/commands/doctor.ts';
import { opencodeFor, warmOpencode } from '../../../src/demo/model-server/opencode.ts';
import type { ScriptedCli } from '../../../src/demo/model-server/opencode.ts';
import { startModelServer } from '../../../src/demo/model-server/server.ts';
import type { ModelServer } from '../../../src/demo/model-server/server.ts';
import type { Diagnosis } from '../../../src/ui/doctor.ts';
import { describeWithCli } from '../../rig/clis.ts';
import { allRoutes } from '../../rig/model-servers/all.ts';
import { claudeFor, codexFor, geminiFor } from '../../rig/model-servers/clis.ts';
import type { CliName } from '../../rig/pinned-clis.ts';
import { temporaryFolder, temporaryRepository, testIo } from '../temporary.ts';

const prepare: Record<CliName, (server: ModelServer, folder: string) => Promise<ScriptedCli>> = {
  opencode: (server, folder) => opencodeFor(server, folder, ['scripted', 'refused']),
  claude: claudeFor,
  codex: codexFor,
  gemini: geminiFor,
};

for (const name of ['opencode', 'claude', 'codex', 'gemini'] as const) {
  describeWithCli(name, `the real ${name}, asked for one word`, (program) => {
    it('answers, or its failure has a kind', async () => {
      const folder = temporaryFolder();
      const server = await startModelServer({
        script: ({ model }) =>
          model.includes('refused') ? { kind: 'status', status: 403 } : { kind: 'say', text: 'ready' },
        routes: allRoutes,
      });
      try {
        const cli = await prepare[name](server, folder);
        if (name === 'opencode') expect(await warmOpencode(program, cli)).toBeUndefined();
        const refused = name === 'opencode' ? 'fake/refused' : 'refused';
        const root = temporaryRepository({
          'oompa.config.yaml': stringify({
            workers: [{ name: 'a', harness: name, model: cli.model, fallback: [{ harness: name, model: refused }] }],
            harnesses: { [name]: { args: cli.args, env: cli.env } },
          }),
        });
        const { io, printed } = testIo(root, {
          env: { PATH: `${dirname(program)}:/usr/bin:/bin:${dirname(process.execPath)}` },
        });
        const code = await doctor({ probe: true, json: true, timeout: '2m' }, io);
        const { probes } = JSON.parse(printed.stdout) as Diagnosis;
        expect(probes?.map(({ model, result }) => [model, result])).toEqual([
          [cli.model, expect.objectContaining({ kind: 'answered', said: 'ready' })],
          [
            refused,
            expect.objectContaining({ kind: 'failed', failure: expect.objectContaining({ kind: 'auth' }) as object }),
          ],
        ]);
        expect(code).toBe(1);
        const asked = server.requests.filter(({ prompt }) => prompt.includes('Answer with the one word: ready'));
        expect(asked.length).toBeGreaterThanOrEqual(2);
      } finally {
        await server.close();
      }
    });
  });
}
