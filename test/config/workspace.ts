import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import { renderDiagnostics } from '../../src/ui/diagnostics.ts';

/** The CLIs that the tests take as known. */
export const knownHarnesses = ['opencode', 'claude', 'codex', 'gemini'];

/** A temporary folder with these files, removed when the test ends. */
export async function workspaceOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const workspace = await mkdtemp(join(tmpdir(), 'oompa-config-'));
  onTestFinished(() => rm(workspace, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, name)), { recursive: true });
    await writeFile(join(workspace, name), content);
  }
  return workspace;
}

/** Loads a workspace whose config is `text`, with these other files. */
async function load(text: string | Uint8Array, files: Readonly<Record<string, string>> = {}) {
  const workspace = await workspaceOf({ ...files, 'oompa.config.yaml': text });
  return loadConfig({ path: 'oompa.config.yaml', workspace, knownHarnesses });
}

/** Loads a config that must be well. */
export async function loaded(text: string | Uint8Array, files: Readonly<Record<string, string>> = {}) {
  const result = await load(text, files);
  if (result.kind === 'problems') throw new Error(screen(result));
  return result;
}

/** Everything that is wrong with a config, as a person sees it; empty when all is well. */
export async function problems(text: string | Uint8Array, files: Readonly<Record<string, string>> = {}) {
  return screen(await load(text, files));
}

/** What `renderDiagnostics` shows without colour. */
export function screen(result: LoadedConfig): string {
  return result.kind === 'problems' ? renderDiagnostics(result.problems, { color: false }) : '';
}

/** Takes the margin off a block of text, and its first and last line break. */
export function block(strings: TemplateStringsArray): string {
  const lines = (strings.raw[0] ?? '').replaceAll('\\`', '`').split('\n').slice(1, -1);
  const margin = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join('\n');
}
