import type { Document, YAMLError, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { placeAt } from '../../core/diagnostic.ts';
import { nearest } from '../../core/nearest.ts';
import type { Task } from '../../core/task.ts';
import { tooDeepAt } from '../../system/yaml-depth.ts';
import { layoutOf } from './front-matter.ts';
import type { Complain } from './nodes.ts';
import { isNothing, resolved, startOf, textOf } from './nodes.ts';
import { readRecord } from './record.ts';
import type { TaskExtension } from './task-name.ts';
import { idProblem } from './task-name.ts';

/** Why a task file cannot be read, and where: the first thing that is wrong. Line and column count from 1. */
export interface TaskProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What came of reading a task file. */
export type TaskRead =
  { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'unreadable'; readonly problem: TaskProblem };

/** Reads the text of a task file whose name gives `id` and `extension`. */
export function readTask(text: string, name: { readonly id: string; readonly extension: TaskExtension }): TaskRead {
  const found: Fault[] = [];
  const task = taskFrom(text, name, (offset, message) => found.push({ offset, message }));
  const first = found[0];
  if (first === undefined) return { kind: 'task', task };
  const { line, column } = placeAt(text, first.offset, first.offset + 1);
  return { kind: 'unreadable', problem: { line, column, message: first.message } };
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

const keys = ['title', 'description', 'acceptance', 'files', 'depends_on', 'priority', 'oompa'];

function taskFrom(text: string, { id, extension }: { id: string; extension: TaskExtension }, complain: Complain): Task {
  const badId = idProblem(id);
  if (badId !== undefined) complain(0, badId);
  const layout = layoutOf(text, extension);
  if (layout === undefined) complain(0, 'the front matter that begins here is never closed by a line of `---`');
  const { start, end, body } = layout ?? { start: 0, end: 0, body: '' };
  const at: Complain = (offset, message) => {
    complain(start + offset, message);
  };
  const deep = tooDeepAt(text.slice(start, end));
  if (deep !== undefined) at(deep, 'lists and maps are more than 100 deep');
  const document = parseDocument(deep === undefined ? text.slice(start, end) : '', { prettyErrors: false });
  for (const error of document.errors) at(error.pos[0], plainMessage(error));
  const map = rootMap(document, body, at);
  const read = fieldReader(document, map, at);
  const title = oneLine(read.text('title') ?? headingOf(body) ?? '');
  if (title === '') at(startOf(map?.items[0]?.key), 'a task needs a title: `title: Add a login form`');
  return {
    id,
    title,
    description: (read.text('description') ?? body ?? '').trim(),
    acceptance: read.list('acceptance'),
    files: read.list('files'),
    dependsOn: read.list('depends_on'),
    priority: read.number('priority'),
    record: readRecord(document, read.node('oompa'), at),
  };
}

/** The keys of the file; undefined when there are none, which only front matter may do without a word. */
function rootMap(document: Document.Parsed, body: string | undefined, complain: Complain): YAMLMap | undefined {
  const root = document.contents;
  if (isMap(root)) {
    for (const { key } of root.items) {
      const name = textOf(key) ?? '';
      if (keys.includes(name)) continue;
      const meant = nearest(name, keys);
      complain(startOf(key), `unknown key \`${name}\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`);
    }
    return root;
  }
  if (root !== null) complain(startOf(root), 'a task file holds keys, such as `title: Add a login form`');
  else if (body === undefined) complain(0, 'the file is empty; a task needs a title: `title: Add a login form`');
  return undefined;
}

function fieldReader(document: Document.Parsed, map: YAMLMap | undefined, complain: Complain) {
  const node = (key: string) => resolved(document, map?.items.find((pair) => textOf(pair.key) === key)?.value);
  return {
    node,
    text(key: string): string | undefined {
      const value = node(key);
      const text = textOf(value);
      if (text === undefined && !isNothing(value)) complain(startOf(value), `\`${key}\` takes a text`);
      return text;
    },
    list(key: string): string[] {
      const value = node(key);
      if (isNothing(value)) return [];
      const items = isSeq(value) ? value.items.map((item) => resolved(document, item)) : [value];
      return items.flatMap((item) => {
        const text = textOf(item);
        if (text === undefined) complain(startOf(item) || startOf(value), listMessage(key, item));
        return text?.trim() ?? [];
      });
    },
    number(key: string): number {
      const value = node(key);
      if (isNothing(value)) return 0;
      if (isScalar(value) && typeof value.value === 'number' && Number.isFinite(value.value)) return value.value;
      complain(startOf(value), `\`${key}\` takes a number${shown(value)}`);
      return 0;
    },
  };
}

function shown(node: unknown): string {
  const text = textOf(node);
  return text === undefined ? '' : `, not ${JSON.stringify(text)}`;
}

function listMessage(key: string, item: unknown): string {
  const remedy = isMap(item) ? '; put this one in quotes, because it holds a colon' : '';
  return `\`${key}\` takes a list of texts${remedy}`;
}

function headingOf(body: string | undefined): string | undefined {
  return /^#[ \t]+(.+)$/m.exec(body ?? '')?.[1];
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]+\s*/g, ' ');
}

/** yaml's own messages, but for those that a hand-written task runs into most. */
function plainMessage({ code, message }: YAMLError): string {
  const plain = ownMessages[code];
  if (plain !== undefined) return plain;
  const line = message.split('\n')[0] ?? message;
  const remedy = code === 'BAD_SCALAR_START' ? '; put the text in quotes' : '';
  return `${line.slice(0, 1).toLowerCase()}${line.slice(1)}${remedy}`;
}

const ownMessages: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'a tab cannot begin a line of YAML',
  BLOCK_AS_IMPLICIT_KEY: 'a text that holds a colon and a space must be in quotes',
  DUPLICATE_KEY: 'this key is written twice',
  MULTIPLE_DOCS: 'a task file holds one YAML document; this line begins another',
};
