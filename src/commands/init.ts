import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configFile, jsonSchema } from '../config/schema.ts';
import { builtInPrompt } from '../config/prompts.ts';
import { findBinary } from '../harness/probe.ts';
import { builtInHarnesses, findHarness } from '../harness/registry.ts';
import { renderInit } from '../ui/init.ts';
import type { InitLine } from '../ui/init.ts';
import { starterConfig, starterTask } from './init-files.ts';
import type { ExitCode, Io } from './io.ts';
import { openWorkspace } from './workspace.ts';

/** Makes a workspace of the repository around `io.cwd`: config, prompts, folders, .gitignore lines. Overwrites nothing. */
export async function init(_options: object, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io);
  if (repository === undefined) return 2;
  const harness = firstInstalled(io);
  const lines: InitLine[] = [];
  for (const file of await filesOf(harness ?? 'opencode')) lines.push(await place(repository.root, file));
  lines.push(await ignore(repository.root));
  io.stdout(renderInit({ lines, harness, color: io.color }));
  return 0;
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly why: string;
}

async function filesOf(harness: string): Promise<NewFile[]> {
  return [
    { path: configFile, text: starterConfig(harness), why: 'who works, who reviews, what is checked' },
    { path: '.oompa/.gitignore', text: '*\n', why: "oompa's own state; never committed" },
    {
      path: '.oompa/schema.json',
      text: `${JSON.stringify(jsonSchema(builtInHarnesses), null, 2)}\n`,
      why: 'so that editors know the config',
    },
    { path: 'prompts/worker.md', text: await builtInPrompt('worker'), why: 'what workers are told; change it' },
    { path: 'prompts/reviewer.md', text: await builtInPrompt('reviewer'), why: 'what reviewers are told; change it' },
    {
      path: 'prompts/planner.md',
      text: await builtInPrompt('planner'),
      why: 'what a planner is told, once you name one',
    },
    { path: 'tasks/example.yaml', text: starterTask, why: 'a task to copy to tasks/pending/' },
    ...['pending', 'current', 'complete', 'failed', 'blocked'].map((state) => ({
      path: `tasks/${state}/.gitkeep`,
      text: '',
      why: '',
    })),
  ];
}

async function place(root: string, { path, text, why }: NewFile): Promise<InitLine> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  try {
    await writeFile(target, text, { flag: 'wx' });
    return { path, why, kind: 'written' };
  } catch {
    return { path, why, kind: 'kept' };
  }
}

const ignored = ['.oompa/', 'runs/', 'tasks/'];

async function ignore(root: string): Promise<InitLine> {
  const path = join(root, '.gitignore');
  const text = await readFile(path, 'utf8').catch(() => '');
  const has = new Set(text.split(/\r?\n/).map((line) => line.trim().replace(/^\//, '').replace(/\/$/, '')));
  const missing = ignored.filter((line) => !has.has(line.slice(0, -1)));
  const why = 'run state and tasks stay out of your commits';
  if (missing.length === 0) return { path: '.gitignore', why, kind: 'kept' };
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  await appendFile(path, `${gap}${missing.join('\n')}\n`);
  return { path: '.gitignore', why: `${missing.join(' ')}: ${why}`, kind: 'written' };
}

function firstInstalled(io: Io): string | undefined {
  return builtInHarnesses.find((name) => {
    const harness = findHarness(name, {});
    return harness !== undefined && findBinary(harness.binary, io.env['PATH'] ?? '') !== undefined;
  });
}
