import { resolve } from 'node:path';
import type { Document } from 'yaml';
import { type Diagnostic, placeAt } from '../core/diagnostic.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './issues.ts';
import { locate } from './locate.ts';
import { nameFindings } from './names.ts';
import { parseYaml } from './parse.ts';
import { type RolePrompts, readPromptFiles, rolePrompts } from './prompts.ts';
import { type FileRead, readText, shownPath } from './read.ts';
import { mentionsIn } from './roles.ts';
import { type Config, configFile, configSchema, jsonSchema } from './schema.ts';

/** What came of reading the config. */
export type LoadedConfig =
  | {
      readonly kind: 'loaded';
      readonly config: Config;
      readonly prompts: RolePrompts;
      /** The file as it was, without a byte order mark. */
      readonly text: string;
      /** Absolute. */
      readonly path: string;
    }
  /** Everything that is wrong, in the order of the file; what is wrong inside prompt files comes after. */
  | { readonly kind: 'problems'; readonly problems: readonly Diagnostic[] };

/** Where the config is, and what it may name. */
export interface ConfigSource {
  /** Absolute, or relative to the workspace. */
  readonly path: string;
  /** Absolute; prompt files are found from here. */
  readonly workspace: string;
  /** The CLIs that oompa has adapters for. */
  readonly knownHarnesses: readonly string[];
}

/** Reads and checks the config and the prompt files that it names. Reports all problems at once; never throws. */
export async function loadConfig({ path: named, workspace, knownHarnesses }: ConfigSource): Promise<LoadedConfig> {
  const path = resolve(workspace, named);
  const file = shownPath(workspace, path);
  const read = await readText(path);
  if (read.kind === 'unreadable')
    return wholeFile({ file, message: read.why, ...unreadableHint(read, file, workspace) });
  const { text } = read;
  const parsed = parseYaml(text, file);
  if (parsed.kind === 'problems') return parsed;
  const { document, data } = parsed;
  if (data === null)
    return wholeFile({ file, message: 'is empty', hint: 'it needs `workers:` with at least one pool' });

  const checked = configSchema(knownHarnesses).safeParse(data);
  const mentions = mentionsIn(data);
  const promptFiles = await readPromptFiles(mentions.promptFiles, workspace);
  const findings = [
    ...(checked.success ? [] : findingsOf(checked.error.issues, data, jsonSchema(knownHarnesses))),
    ...nameFindings(data, mentions, knownHarnesses),
    ...promptFiles.findings,
  ];
  const problems = [
    ...[...parsed.problems, ...findings.map((finding) => problemOf(finding, document, text, file))].sort(byPlace),
    ...promptFiles.problems,
  ];
  if (!checked.success || problems.length > 0) return { kind: 'problems', problems: withoutRepeats(problems) };
  const config = checked.data;
  return { kind: 'loaded', config, prompts: rolePrompts(config, promptFiles.texts), text, path };
}

type Unreadable = Extract<FileRead, { kind: 'unreadable' }>;

function problemOf(finding: Finding, document: Document.Parsed, text: string, file: string): Diagnostic {
  const { message, hint } = finding;
  const place = placeAt(text, ...locate(document, finding));
  return { file, place, message, ...(hint !== undefined && { hint }) };
}

function wholeFile(problem: Diagnostic): LoadedConfig {
  return { kind: 'problems', problems: [problem] };
}

function unreadableHint({ why, meant }: Unreadable, file: string, workspace: string): { hint?: string } {
  if (meant !== undefined) return { hint: `did you mean ${shownPath(workspace, meant)}?` };
  return file === configFile && why === 'does not exist' ? { hint: 'make one with: oompa init' } : {};
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);
}

/** An alias brings the same text to several places, and one prompt file serves several pools. */
function withoutRepeats(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return problems.filter(({ file, place, message }) => {
    const id = JSON.stringify([file, place?.line, place?.column, message]);
    return !seen.has(id) && seen.add(id);
  });
}
