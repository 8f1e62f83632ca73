import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { opencodeFor, type ScriptedCli } from '../../../src/demo/model-server/opencode.ts';
import type { ModelServer } from '../../../src/demo/model-server/server.ts';
import type { CliName } from '../pinned-clis.ts';
import { claudeFor, codexFor, geminiFor } from './clis.ts';

/** One turn of a real CLI in `<folder>/repo`, its state in `<folder>/state`. */
export interface Turn {
  readonly cli: CliName;
  /** The program, as a path. */
  readonly program: string;
  readonly server: Pick<ModelServer, 'url'>;
  readonly folder: string;
  readonly prompt: string;
  /** 'new' with the id for a CLI that takes one; 'resume' continues the session that has it. */
  readonly session: { readonly kind: 'new' | 'resume'; readonly id: string };
  /** As the CLI's option takes it; default: the one of the prepared CLI. */
  readonly model?: string;
}

/** What a turn left behind; `exit` is null if a signal ended it. */
export interface TurnEnd {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The first session id on stdout. */
  readonly session: string | undefined;
}

/** Runs one turn to its end, with the prompt on stdin. A turn that takes longer than 150 s is killed with its group. */
export async function invoke(turn: Turn): Promise<TurnEnd> {
  const { prepare, args } = drivers[turn.cli];
  const cwd = join(turn.folder, 'repo');
  await mkdir(cwd, { recursive: true });
  const prepared = await prepare(turn.server, join(turn.folder, 'state'));
  const ready = { ...prepared, model: turn.model ?? prepared.model };
  const env = { ...process.env, ...ready.env, PWD: cwd };
  const child = spawn(turn.program, args(turn, ready, cwd), { cwd, env, detached: true });
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, 150_000);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(turn.prompt);
  try {
    return await new Promise<TurnEnd>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit) => {
        const session = /"(?:sessionID|session_id|thread_id)":"([^"]+)"/.exec(stdout)?.[1];
        resolve({ exit, stdout, stderr, session });
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

interface Driver {
  readonly prepare: (server: Turn['server'], folder: string) => Promise<ScriptedCli>;
  readonly args: (turn: Turn, ready: ScriptedCli, cwd: string) => string[];
}

const drivers: Readonly<Record<CliName, Driver>> = {
  opencode: {
    prepare: opencodeFor,
    args: ({ session }, { args, model }, cwd) => [
      ...['run', '--format', 'json', '-m', model, '--dir', cwd, ...args],
      ...(session.kind === 'new' ? [] : ['-s', session.id]),
    ],
  },
  claude: {
    prepare: claudeFor,
    args: ({ session }, { args, model }) => [
      ...['-p', '--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions', '--model', model],
      ...[...args, session.kind === 'new' ? '--session-id' : '--resume', session.id],
    ],
  },
  codex: {
    prepare: codexFor,
    args: ({ session }, { args, model }) => [
      ...(session.kind === 'new' ? ['exec'] : ['exec', 'resume']),
      ...['--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-m', model, ...args],
      ...(session.kind === 'new' ? ['-'] : [session.id, '-']),
    ],
  },
  gemini: {
    prepare: geminiFor,
    args: ({ session }, { args, model }) => [
      ...['-o', 'stream-json', '-y', '-m', model, ...args],
      ...[session.kind === 'new' ? '--session-id' : '--resume', session.id],
    ],
  },
};
