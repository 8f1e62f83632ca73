import { posix } from 'node:path';
import ts from 'typescript';

/** One source file: its path below src/ with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What each layer may import besides itself. A layer is a file or a folder below src/; the longest one that holds a file is
 * that file's layer. Whatever isn't listed is forbidden.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  'cli.ts': ['cli', 'commands', 'ui', 'core'],
  cli: ['commands', 'ui', 'core'],
  commands: ['engine', 'queue', 'harness', 'git', 'config', 'runs', 'notify', 'ui', 'demo', 'system', 'core'],
  engine: ['queue', 'harness', 'health', 'git', 'config', 'runs', 'system', 'core'],
  queue: ['system', 'core'],
  'queue/file': ['queue/queue.ts', 'system', 'core'],
  harness: ['system', 'core'],
  health: ['system', 'core'],
  git: ['system', 'core'],
  config: ['system', 'core'],
  runs: ['system', 'core'],
  notify: ['system', 'core'],
  demo: ['system', 'core'],
  ui: ['core'],
  system: ['core'],
  core: [],
};

/** Layers without packages, node modules, clock, randomness or process. */
const pureLayers: readonly string[] = ['core'];

/** More lines than this in one file means that it holds two things. */
export const maxLines = 250;

/** Every breach of the layer rules, of purity and of the size limit, each as `src/<file> → <what>`; empty when all is well. */
export function violations(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => [...layering(file), ...impurity(file), ...size(file)]);
}

function layering(file: SourceFile): readonly string[] {
  const layer = layerOf(file.path);
  if (layer === undefined) return [breach(file, 'belongs to no layer; see the table in test/rig/layers.ts')];
  const allowed = [layer, ...(layers[layer] ?? [])];
  return importsOf(file)
    .filter((target) => isRelative(target))
    .map((target) => posix.join(posix.dirname(file.path), target))
    .filter((target) => !allowed.some((each) => holds(each, target)))
    .map((target) => breach(file, target.startsWith('..') ? `${target} (outside src)` : `src/${target}`));
}

function impurity(file: SourceFile): readonly string[] {
  if (!pureLayers.includes(layerOf(file.path) ?? '')) return [];
  const packages = importsOf(file).filter((target) => !isRelative(target));
  return [...packages, ...impureExpressions(file)].map((what) => breach(file, `${what} (core is pure)`));
}

function size(file: SourceFile): readonly string[] {
  const lines = file.text.replace(/\n$/, '').split('\n').length;
  return lines > maxLines ? [breach(file, `${lines} lines (at most ${maxLines})`)] : [];
}

function layerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((layer) => holds(layer, path))
    .sort((a, b) => b.length - a.length)[0];
}

function holds(layer: string, path: string): boolean {
  return path === layer || path.startsWith(`${layer}/`);
}

/** Static, type-only, re-exporting and dynamic imports alike. */
function importsOf(file: SourceFile): readonly string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map((each) => each.fileName);
}

function isRelative(target: string): boolean {
  return target.startsWith('.');
}

const impureMember = /^(globalThis\.)?(Date\.now|Math\.random|(process|performance|crypto)\..+)$/s;
const impureGlobal = /^(process|performance|crypto)$/;

function impureExpressions(file: SourceFile): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date') found.push('new Date(');
    else if (ts.isPropertyAccessExpression(node) && impureMember.test(node.getText())) found.push(node.getText());
    else if (ts.isElementAccessExpression(node) && impureGlobal.test(node.expression.getText()))
      found.push(node.getText());
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true));
  return found;
}

function breach(file: SourceFile, what: string): string {
  return `src/${file.path} → ${what}`;
}
