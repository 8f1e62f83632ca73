import type { Document, Pair, YAMLMap } from 'yaml';
import { isMap, isNode, parseDocument } from 'yaml';
import { tooDeepAt } from '../../system/yaml-depth.ts';
import { layoutOf } from './front-matter.ts';
import { isNothing, startOf, textOf } from './nodes.ts';
import type { RecordFields } from './record.ts';
import { renderBlock, renderJson } from './render-record.ts';
import type { TaskExtension } from './task-name.ts';

/**
 * The text with `change` made to its `oompa:` block, and every byte outside the block as it was: nothing of the person's is
 * ever written anew. Undefined when the text is not one that could hold the block (broken YAML, a list).
 */
export function spliceRecord(
  text: string,
  extension: TaskExtension,
  change: (existing: RecordFields) => RecordFields,
): string | undefined {
  const layout = layoutOf(text, extension);
  if (layout === undefined) return undefined;
  const source = text.slice(layout.start, layout.end);
  const eol = /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
  const edit = editOf({ source, eol }, change);
  if (edit === undefined || edit === 'none') return edit === 'none' ? text : undefined;
  const written = layout.bare ? `---${eol}${edit.insert}---${eol}` : edit.insert;
  return text.slice(0, layout.start + edit.from) + written + text.slice(layout.start + edit.to);
}

/** A stretch of the source, and what takes its place. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The YAML part of a file, and how its lines end. */
interface Source {
  readonly source: string;
  readonly eol: string;
}

function editOf({ source, eol }: Source, change: (existing: RecordFields) => RecordFields): Edit | 'none' | undefined {
  if (tooDeepAt(source) !== undefined) return undefined;
  const document = parseDocument(source, { keepSourceTokens: true, prettyErrors: false });
  const root = document.contents;
  if (document.errors.length > 0 || (root !== null && !isMap(root))) return undefined;
  const pair = root?.items.find(({ key }) => textOf(key) === 'oompa') as Pair | undefined;
  const existing = fieldsOf(document, pair);
  if (existing === undefined) return undefined;
  const fields = change(existing);
  if (pair === undefined && Object.keys(fields).length === 0) return 'none';
  if (root?.flow === true) {
    return pair === undefined ? intoFlow({ source, eol }, root, fields) : overFlow({ source, eol }, pair, fields);
  }
  const indent = root === null ? '' : indentAt(source, startOf(root.items[0]?.key));
  const block = renderBlock(fields, indent, eol);
  return pair === undefined ? atTheEnd({ source, eol }, root, indent + block) : overBlock({ source, eol }, pair, block);
}

/** What the block holds; undefined when its aliases lead nowhere. */
function fieldsOf(document: Document.Parsed, pair: Pair | undefined): RecordFields | undefined {
  if (!isMap(pair?.value)) return {};
  try {
    return pair.value.toJS(document) as RecordFields;
  } catch {
    return undefined;
  }
}

/** A block of its own below everything else, but above the mark that ends a document. */
function atTheEnd({ source, eol }: Source, root: YAMLMap | null, block: string): Edit {
  const after = root === null ? 0 : (root.range?.[1] ?? 0);
  const mark = /^\.\.\.(?:[ \t].*)?\r?$/m.exec(source.slice(after));
  const at = mark === null ? source.length : after + mark.index;
  const gap = at === 0 || source[at - 1] === '\n' ? '' : eol;
  return { from: at, to: at, insert: `${gap}${block}${eol}` };
}

function overBlock({ source, eol }: Source, pair: Pair, block: string): Edit {
  const from = startOfPair(pair);
  const to = endOfPair(source, pair);
  // A comment behind the block would become a part of its last text.
  const commented = /^[ \t]*#/.test(source.slice(to));
  return { from, to, insert: commented ? `${block}${eol}` : block };
}

function overFlow({ source, eol }: Source, pair: Pair, fields: RecordFields): Edit {
  const from = startOfPair(pair);
  const insert = renderJson(fields, ownLine(source, from), eol);
  return { from, to: endOfPair(source, pair), insert };
}

function intoFlow({ source, eol }: Source, root: YAMLMap, fields: RecordFields): Edit {
  const last = root.items.at(-1);
  if (last === undefined) {
    const at = source.indexOf('{', startOf(root)) + 1;
    return { from: at, to: at, insert: renderJson(fields, undefined, eol) };
  }
  const at = endOfPair(source, last);
  const indent = ownLine(source, startOfPair(last));
  const gap = indent === undefined ? ' ' : `${eol}${indent}`;
  return { from: at, to: at, insert: `,${gap}${renderJson(fields, indent, eol)}` };
}

function startOfPair(pair: Pair): number {
  const mark = tokensOf(pair).start.find(({ type }) => type === 'explicit-key-ind');
  return mark?.offset ?? startOf(pair.key);
}

/** Behind the last character of the value; blank lines and comments that follow are not the pair's. */
function endOfPair(source: string, pair: Pair): number {
  const colon = tokensOf(pair).sep.find(({ type }) => type === 'map-value-ind');
  const key = isNode(pair.key) ? (pair.key.range?.[1] ?? 0) : 0;
  const least = colon === undefined ? key : colon.offset + 1;
  const value = isNode(pair.value) && !isNothing(pair.value) ? pair.value.range : undefined;
  return value ? Math.max(least, source.slice(0, value[1]).trimEnd().length) : least;
}

interface TokenPlace {
  readonly type: string;
  readonly offset: number;
}

function tokensOf({ srcToken }: Pair): { readonly start: readonly TokenPlace[]; readonly sep: readonly TokenPlace[] } {
  return { start: srcToken?.start ?? [], sep: srcToken?.sep ?? [] };
}

/** The white space that begins the line of `offset`. */
function indentAt(source: string, offset: number): string {
  return /^[ \t]*/.exec(source.slice(source.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? '';
}

/** The same when nothing else stands before `offset`; undefined when it shares its line. */
function ownLine(source: string, offset: number): string | undefined {
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1;
  const before = source.slice(lineStart, offset);
  return lineStart > 0 && before.trim() === '' ? before : undefined;
}
