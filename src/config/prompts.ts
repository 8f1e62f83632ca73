import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Finding } from './finding.ts';
import { type Expanded, expandPrompt } from './include.ts';
import { shownPath } from './read.ts';
import type { Mention } from './roles.ts';
import { type Config, reviewerOf } from './schema.ts';

/** The text of each role's own prompt files, includes expanded, tokens not filled in yet; undefined = the built-in prompt. */
export interface RolePrompts {
  readonly planner: string | undefined;
  /** By pool; has every pool. */
  readonly workers: Readonly<Record<string, string | undefined>>;
  /** By pool, of the reviewer that is in force for it; has every pool. */
  readonly reviewers: Readonly<Record<string, string | undefined>>;
}

/** The prompt files that a config names. */
export interface PromptFiles {
  /** By the name in the config; files with problems are missing. */
  readonly texts: ReadonlyMap<string, string>;
  /** What is wrong with the config's entries. */
  readonly findings: readonly Finding[];
  /** What is wrong inside the files. */
  readonly problems: readonly Diagnostic[];
}

/** Reads all prompt files that are mentioned, each once. */
export async function readPromptFiles(mentions: readonly Mention[], workspace: string): Promise<PromptFiles> {
  const names = [...new Set(mentions.map(({ word }) => word))];
  const expanded = new Map<string, Expanded>();
  for (const name of names) expanded.set(name, await expandPrompt(resolve(workspace, name), workspace));
  const texts = new Map<string, string>();
  for (const [name, one] of expanded) if (one.kind === 'text') texts.set(name, one.text);
  return {
    texts,
    findings: mentions.flatMap(({ path, word }) => entryFindings({ path, word }, expanded.get(word), workspace)),
    problems: [...expanded.values()].flatMap((one) => (one.kind === 'text' ? one.problems : [])),
  };
}

/** The prompts of each role, made of the files that the config names for it. */
export function rolePrompts(config: Config, texts: ReadonlyMap<string, string>): RolePrompts {
  const joined = (files: readonly string[] = []) =>
    files.length === 0 ? undefined : files.map((file) => texts.get(file) ?? '').join('\n\n');
  return {
    planner: joined(config.planner?.prompts),
    workers: Object.fromEntries(config.workers.map((pool) => [pool.name, joined(pool.prompts)])),
    reviewers: Object.fromEntries(config.workers.map((pool) => [pool.name, joined(reviewerOf(config, pool)?.prompts)])),
  };
}

/** The prompt that oompa ships for a role whose config names none. Throws when the package is broken. */
export function builtInPrompt(role: 'worker' | 'reviewer' | 'planner'): Promise<string> {
  return readFile(new URL(`../../prompts/${role}.md`, import.meta.url), 'utf8');
}

function entryFindings({ path, word }: Mention, expanded: Expanded | undefined, workspace: string): Finding[] {
  if (expanded?.kind !== 'unreadable') return [];
  const file = shownPath(workspace, resolve(workspace, word));
  const message = `the prompt file ${file} ${expanded.why}`;
  const { meant } = expanded;
  const hint = meant === undefined ? {} : { hint: `did you mean ${shownPath(workspace, meant)}?` };
  return [{ path, at: 'value', message, ...hint }];
}
