import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openReporter } from '../../src/commands/reporter.ts';
import type { NewEvent } from '../../src/core/event.ts';
import { openRepository } from '../../src/git/repository.ts';
import { exampleUntil } from './example-run.ts';
import { tsxLoader } from './tmux.ts';

/**
 * The command that shows the first half of the example as a run of its own process, until it is stopped. What it was asked is
 * in the file `acts` of the folder it is started in, one word a line. SIGUSR2 makes it fail as no program should.
 */
export function playViewCommand(): string {
  return [process.execPath, '--import', tsxLoader, import.meta.filename].join(' ');
}

if (process.argv[1] === import.meta.filename) await play(process.cwd());

async function play(cwd: string): Promise<void> {
  const opened = await openRepository(cwd, { identity: false });
  if (opened.kind !== 'open') throw new Error(opened.message);
  const { stdout, env } = process;
  const io = {
    ...{ cwd, env, color: true, columns: stdout.columns, terminal: stdout, now: () => new Date() },
    stdout: (text: string) => void stdout.write(text),
    stderr: (text: string) => void process.stderr.write(text),
    onStop: () => undefined,
  };
  const note = (act: string) => appendFileSync(join(cwd, 'acts'), `${act}\n`);
  let stage: 'going' | 'draining' | 'ended' = 'going';
  const tell = (event: NewEvent) => reporter.event({ at: new Date().toISOString(), ...event });
  const drain = () => {
    stage = 'draining';
    tell({ type: 'run:draining', why: 'asked to' });
  };
  const stopNow = () => {
    stage = 'ended';
    tell({ type: 'run:ended', why: 'interrupted', pending: 7 });
    void Promise.resolve(reporter.end()).then(() => process.exit(130));
  };
  const reporter = await openReporter({}, io, 'runs/x', {
    repository: opened.repository,
    folder: join(cwd, 'runs', 'x'),
    drain: () => {
      note('drain');
      drain();
    },
    stopNow: () => {
      note('stop-now');
      stopNow();
    },
  });
  process.on('SIGINT', () => {
    note('SIGINT');
    if (stage === 'going') drain();
    else stopNow();
  });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      note(signal);
      stopNow();
    });
  }
  process.on('SIGUSR2', () => {
    throw new Error('a bug in the middle of it');
  });
  // It goes on until it is stopped, or its test is over.
  setInterval(() => {
    if (!existsSync(cwd)) process.exit(1);
  }, 1000);
  for (const event of exampleUntil(150)) reporter.event(event);
  reporter.say('said in the middle of it');
}
