import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepGeminiSession } from '../../../src/harness/state/gemini-sessions.ts';
import { describeWithCli } from '../../rig/clis.ts';
import { openUser } from './users.ts';

const session = 'a6aac40d-0001-4e75-83d7-3eee1dfe8b44';
const head = (id = session) => JSON.stringify({ sessionId: id, projectHash: 'x', kind: 'main' });
const context = JSON.stringify({
  $set: { messages: [{ id: '1', type: 'user', content: [{ text: '<session_context>' }] }] },
});
const said = JSON.stringify({ id: '2', type: 'gemini', content: 'Fine.' });

describe('the second file of a session of gemini', () => {
  it.each([
    ['goes when nothing was said in it', [head(), context], ['21-44']],
    ['goes when it was resumed in it twice', [head(), context, head(), context], ['21-44']],
    ['stays when something was said in it', [head(), context, said], ['21-44', '21-45']],
    [
      'stays when it is of another session',
      [head('a6aac40d-0002-4e75-83d7-3eee1dfe8b44'), context],
      ['21-44', '21-45'],
    ],
    ['stays when it can’t be read', ['{"sess'], ['21-44', '21-45']],
  ])('%s', async (_what, lines, left) => {
    const { put, files, env } = chats();
    put('21-44', [head(), context, said]);
    put('21-45', lines);
    await keepGeminiSession(session, env);
    expect(files()).toEqual(left);
  });

  it('stays when it is the only one; where gemini keeps nothing, nothing is done', async () => {
    const { put, files, env } = chats();
    put('21-45', [head(), context]);
    await keepGeminiSession(session, env);
    expect(files()).toEqual(['21-45']);
    await keepGeminiSession(session, { HOME: join(env.HOME, 'nowhere') });
  });
});

function chats() {
  const HOME = mkdtempSync(join(tmpdir(), 'oompa-gemini-'));
  onTestFinished(() => {
    rmSync(HOME, { recursive: true });
  });
  const folder = join(HOME, '.gemini', 'tmp', 'project', 'chats');
  mkdirSync(folder, { recursive: true });
  return {
    env: { HOME },
    put: (minute: string, lines: readonly string[]) =>
      writeFileSync(join(folder, `session-2026-11-21T${minute}-a6aac40d.jsonl`), `${lines.join('\n')}\n`),
    files: () => readdirSync(folder).map((name) => /T(\d\d-\d\d)-/.exec(name)?.[1]),
  };
}

describeWithCli('gemini', 'the real gemini', (program) => {
  it('goes on with a session that another one came between, after it was resumed in another minute', async () => {
    const user = await openUser('gemini', program, ({ turns }) => ({ kind: 'say', text: `Answer ${String(turns)}.` }));
    onTestFinished(() => user.close());
    const cwd = join(user.folder, 'worktree');
    const { session } = await user.turn({ cwd });
    if (session === undefined) throw new Error('no session');
    const [file = ''] = Object.keys(await user.files()).filter((name) => name.includes('session-'));
    // As if it had begun at another time.
    renameSync(join(user.home, file), join(user.home, file.replace(/session-[\dT-]{16}/, 'session-2026-11-20T10-15')));
    const endings = [];
    for (const resumed of [{ session }, {}, { session }, {}, { session }]) {
      endings.push((await user.turn({ cwd, ...resumed })).ending);
    }
    const answers = [2, 1, 3, 1, 4].map((n) => ({ kind: 'answered', message: `Answer ${String(n)}.` }));
    expect(endings, user.printed()).toEqual(answers);
  });
});
