import { resolve } from 'node:path';
import { type Diagnostic, placeAt } from '../core/diagnostic.ts';
import { nearest } from '../core/nearest.ts';
import { promptTokens } from '../core/prompt.ts';
import { readText, shownPath } from './read.ts';

/** One prompt file with its includes. */
export type Expanded =
  | { readonly kind: 'text'; readonly text: string; readonly problems: readonly Diagnostic[] }
  | { readonly kind: 'unreadable'; readonly why: string; readonly meant?: string };

/** Reads a prompt file and puts in the files that it includes; checks the names of all tokens. Never throws. */
export async function expandPrompt(path: string, workspace: string): Promise<Expanded> {
  return expand(path, { workspace, chain: [path] });
}

interface Reading {
  readonly workspace: string;
  /** The files that are being included, outermost first; the last one is being read. */
  readonly chain: readonly string[];
}

async function expand(path: string, reading: Reading): Promise<Expanded> {
  const read = await readText(path);
  if (read.kind === 'unreadable') return read;
  if (read.text.trim() === '') return { kind: 'unreadable', why: 'is empty' };
  const file = shownPath(reading.workspace, path);
  const problems: Diagnostic[] = [];
  const parts: string[] = [];
  let done = 0;
  for (const match of read.text.matchAll(bracesPattern)) {
    const [whole, inner = ''] = match;
    const report = (message: string, hint?: string) => {
      const place = placeAt(read.text, match.index, match.index + whole.length);
      problems.push({ file, place, message, ...(hint !== undefined && { hint }) });
    };
    const [, included] = includePattern.exec(inner) ?? [];
    if (included === undefined) {
      checkToken(inner.trim(), report);
      continue;
    }
    const expanded = await include(included, reading, report);
    parts.push(read.text.slice(done, match.index), expanded.text);
    problems.push(...expanded.problems);
    done = match.index + whole.length;
  }
  parts.push(read.text.slice(done));
  return { kind: 'text', text: parts.join('').trim(), problems };
}

/** `{{…}}` on one line; `${{…}}` is somebody else's notation (workflow files) and left alone. */
const bracesPattern = /(?<!\$)\{\{([^{}\n]*)\}\}/g;
const includePattern = /^\s*include\s+(\S.*?)\s*$/;
const maxDepth = 10;

type Report = (message: string, hint?: string) => void;

interface Included {
  readonly text: string;
  readonly problems: readonly Diagnostic[];
}

async function include(name: string, { workspace, chain }: Reading, report: Report): Promise<Included> {
  const nothing: Included = { text: '', problems: [] };
  const path = resolve(workspace, name);
  const names = [...chain, path].map((one) => shownPath(workspace, one));
  if (chain.includes(path)) {
    report(`the includes go in a circle: ${names.slice(chain.indexOf(path)).join(' → ')}`);
    return nothing;
  }
  if (chain.length >= maxDepth) {
    report(`includes may be ${maxDepth} files deep, and this is one more`);
    return nothing;
  }
  const expanded = await expand(path, { workspace, chain: [...chain, path] });
  if (expanded.kind === 'text') return expanded;
  const hint = expanded.meant === undefined ? undefined : `did you mean ${shownPath(workspace, expanded.meant)}?`;
  report(`the included file ${shownPath(workspace, path)} ${expanded.why}`, hint);
  return nothing;
}

function checkToken(token: string, report: Report): void {
  const known: readonly string[] = promptTokens;
  if (known.includes(token)) return;
  const meant = nearest(token, known);
  report(
    `unknown token \`{{${token}}}\``,
    meant === undefined ? `known: ${known.join(', ')}` : `did you mean \`{{${meant}}}\`?`,
  );
}
