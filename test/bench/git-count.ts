import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { landedAt, oompaEvents } from './contenders.ts';
import type { Heat } from './contenders.ts';
import type { Stage } from './stage.ts';

/** The git processes of one task in the steady part of a run. */
export interface GitCount {
  readonly perTask: number;
  /** How often each command was started, a task. */
  readonly commands: Readonly<Record<string, number>>;
}

/** Counts what git itself reports of its starts, its own children included, between the first landing and the last. */
export async function countGit(stage: Stage, heat: Heat): Promise<GitCount> {
  const notes = join(stage.disk, 'trace');
  const config = join(stage.disk, 'gitconfig-trace');
  const plain = await readFile(join(stage.disk, 'gitconfig'), 'utf8');
  await writeFile(config, `${plain}[trace2]\n\teventTarget = ${notes}\n`);
  const stamps = [...landedAt(await oompaEvents(stage, heat, { ...stage.env, GIT_CONFIG_GLOBAL: config }))].sort();
  const [from = 0, to = 0] = [stamps[0], stamps.at(-1)];
  const commands: Record<string, number> = {};
  const tasks = stamps.length - 1;
  for (const { time, argv } of starts(await readFile(notes, 'utf8'))) {
    if (time <= from || time > to) continue;
    const name = commandOf(argv);
    commands[name] = (commands[name] ?? 0) + 1 / tasks;
  }
  await rm(notes);
  return { perTask: Object.values(commands).reduce((sum, each) => sum + each, 0), commands };
}

interface Start {
  readonly time: number;
  readonly argv: readonly string[];
}

function starts(text: string): Start[] {
  const events = text
    .split('\n')
    .filter((line) => line.includes('"event":"start"'))
    .map((line) => JSON.parse(line) as { readonly time: string; readonly argv: readonly string[] });
  return events.map(({ time, argv }) => ({ time: Date.parse(time), argv }));
}

/** The first word that is neither git nor one of its settings. */
function commandOf(argv: readonly string[]): string {
  const words = argv.slice(1);
  while (words[0] === '-c') words.splice(0, 2);
  return words[0] ?? 'git';
}
