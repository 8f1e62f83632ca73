import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Script } from '../../../src/demo/model-server/script.ts';
import { startModelServer, type ModelServer } from '../../../src/demo/model-server/server.ts';
import { describeWithCli } from '../clis.ts';
import type { CliName } from '../pinned-clis.ts';
import { allRoutes } from './all.ts';
import { invoke, type TurnEnd } from './invoke.ts';

const clis: readonly CliName[] = ['opencode', 'claude', 'codex', 'gemini'];
/** For a CLI that starts several times on a busy machine. */
const timeout = 330_000;

for (const cli of clis) {
  describeWithCli(cli, `${cli} with a scripted model`, (program) => {
    test('says what the model says', { timeout }, async () => {
      const stage = await setUp(cli, program, () => ({ kind: 'say', text: 'Nothing to do here.' }));
      const end = await stage.turn('Look around.');
      expect(end).toMatchObject({ exit: 0 });
      expect(end.stdout).toContain('Nothing to do here.');
      expect(stage.server.requests.map(({ prompt }) => prompt)).toEqual(['Look around.']);
    });

    test('runs the tools that the model calls, in its folder', { timeout }, async () => {
      const stage = await setUp(cli, program, ({ replies }) => {
        if (replies === 0)
          return { kind: 'use', text: 'I start.', tool: { kind: 'bash', command: 'printf one > a.txt' } };
        if (replies === 1) return { kind: 'use', tool: { kind: 'write', path: 'b.txt', content: 'two\n' } };
        return { kind: 'say', text: 'Both are there.' };
      });
      expect(await stage.turn('Write two files.')).toMatchObject({ exit: 0 });
      expect(await readFile(join(stage.folder, 'repo', 'a.txt'), 'utf8')).toBe('one');
      expect(await readFile(join(stage.folder, 'repo', 'b.txt'), 'utf8')).toBe('two\n');
      expect(stage.server.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
        ...['user', 'assistant', 'tool', 'assistant', 'tool'],
      ]);
    });

    test('shows the model the earlier messages when a session is resumed', { timeout }, async () => {
      const stage = await setUp(cli, program, ({ turns }) => ({ kind: 'say', text: `Answer ${String(turns)}.` }));
      const first = await stage.turn('First question.');
      const second = await stage.turn('Second question.', first.session);
      expect(second).toMatchObject({ exit: 0, session: first.session });
      expect(stage.server.requests.at(-1)).toMatchObject({
        turns: 2,
        messages: [
          { role: 'user', text: 'First question.' },
          { role: 'assistant', text: 'Answer 1.' },
          { role: 'user', text: 'Second question.' },
        ],
      });
    });

    test.each([401, 429])('fails when the model server answers %i', { timeout }, async (status) => {
      const headers = { 'retry-after': '1', 'retry-after-ms': '50' };
      const stage = await setUp(cli, program, () => ({ kind: 'status', status, headers }));
      const end = await stage.turn('Look around.');
      expect(end.exit).not.toBe(0);
      expect(end.stdout).toContain(String(status));
    });
  });
}

describeWithCli('codex', 'codex with a model that it knows', (program) => {
  test('runs a command through the tool that takes JavaScript', { timeout }, async () => {
    const stage = await setUp('codex', program, ({ replies }) =>
      replies === 0
        ? { kind: 'use', tool: { kind: 'bash', command: 'printf one > a.txt' } }
        : { kind: 'say', text: 'It is there.' },
    );
    expect(await stage.turn('Write it.', undefined, 'gpt-6.1-sol')).toMatchObject({ exit: 0 });
    expect(await readFile(join(stage.folder, 'repo', 'a.txt'), 'utf8')).toBe('one');
    expect(stage.server.requests[0]?.tools).not.toContain('exec_command');
  });
});

interface Stage {
  readonly server: ModelServer;
  readonly folder: string;
  /** A turn of a new session, or of the one that is named. */
  readonly turn: (prompt: string, session?: string, model?: string) => Promise<TurnEnd>;
}

async function setUp(cli: CliName, program: string, script: Script): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'oompa-scripted-')));
  const server = await startModelServer({ script, routes: allRoutes });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });
  return {
    server,
    folder,
    turn: (prompt, session, model) =>
      invoke({
        ...{ cli, program, server, folder, prompt },
        session: session === undefined ? { kind: 'new', id: randomUUID() } : { kind: 'resume', id: session },
        ...(model === undefined ? {} : { model }),
      }),
  };
}
