import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseObject, textAt } from '../json.ts';
import { stateFolders, usersFolder } from './folders.ts';

/**
 * Keeps a session of gemini's that a turn has resumed. Gemini begins a second file of it when the minute is another one than that
 * in which the session began, and writes no message there. Its next start in the same folder with any other session, such as
 * a reviewer's, takes such a file for broken, and removes every file of that session with it: `--resume` fails from then on
 * (gemini-cli 0.61.0, seen; `cleanupExpiredSessions`, read; only the user's own `general.sessionRetention` turns it off). So
 * the second file goes as soon as its turn has ended. What can't be read stays. `env`: what gemini was started with.
 */
export async function keepGeminiSession(session: string, env: Readonly<Record<string, string>>): Promise<void> {
  const files = await filesOf(session, env);
  const empty = files.filter(({ hasMessages }) => !hasMessages);
  // An only one is all that there is of it.
  if (empty.length === files.length) return;
  for (const { path } of empty) await rm(path, { force: true }).catch(() => undefined);
}

interface SessionFile {
  readonly path: string;
  /** Said by either side: what gemini tells the model about the surroundings is in every file. */
  readonly hasMessages: boolean;
}

async function filesOf(session: string, env: Readonly<Record<string, string>>): Promise<SessionFile[]> {
  const [home] = stateFolders.get('gemini') ?? [];
  if (home === undefined) return [];
  const projects = join(usersFolder(home, env), home.own, 'tmp');
  const found: SessionFile[] = [];
  for (const project of await namesIn(projects)) {
    const chats = join(projects, project, 'chats');
    for (const name of await namesIn(chats)) {
      if (!name.startsWith('session-') || !name.endsWith(`-${session.slice(0, 8)}.jsonl`)) continue;
      const path = join(chats, name);
      const lines = await linesOf(path);
      if (lines[0] !== undefined && textAt(lines[0], 'sessionId') === session) {
        found.push({ path, hasMessages: lines.some((line) => /^(user|gemini)$/.test(textAt(line, 'type') ?? '')) });
      }
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function linesOf(path: string) {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map(parseObject)
    .filter((line) => line !== undefined);
}
