import { type Document, type Pair, type ParsedNode, isAlias, isMap, isNode, isPair, isScalar, isSeq } from 'yaml';
import type { Finding, Path } from './finding.ts';

/** Offsets into the text; the end is exclusive. */
export type Range = readonly [start: number, end: number];

/** Where to point for a finding: follows aliases and `<<` merges to the place where the thing was written. */
export function locate(document: Document.Parsed, finding: Pick<Finding, 'path' | 'at'>): Range {
  switch (finding.at) {
    case 'value':
      return valueRange(document, finding.path);
    case 'key':
      return keyRange(document, finding.path);
    case 'map':
      return mapRange(document, finding.path.slice(0, -1));
  }
}

function valueRange(document: Document.Parsed, path: Path): Range {
  const node = nodeAt(document, path);
  const range = rangeOf(node);
  const empty = range === undefined || (isScalar(node) && node.value === null && range[0] === range[1]);
  return empty && typeof path.at(-1) === 'string' ? keyRange(document, path) : (range ?? keyRange(document, path));
}

function keyRange(document: Document.Parsed, path: Path): Range {
  for (let length = path.length; length > 0; length--) {
    const step = path[length - 1];
    if (typeof step !== 'string') continue;
    const range = rangeOf(pairIn(document, nodeAt(document, path.slice(0, length - 1)), step)?.key);
    if (range !== undefined) return range;
  }
  return mapRange(document, []);
}

/** A map has a name where it is the value of a key; an entry of a list is known by its first key. */
function mapRange(document: Document.Parsed, path: Path): Range {
  if (typeof path.at(-1) === 'string') return keyRange(document, path);
  const node = nodeAt(document, path);
  const firstKey = isMap(node) ? node.items[0]?.key : undefined;
  return rangeOf(firstKey) ?? rangeOf(node) ?? [0, 0];
}

function nodeAt(document: Document.Parsed, path: Path): unknown {
  let node = resolved(document, document.contents);
  for (const step of path) {
    if (isSeq(node)) node = resolved(document, node.items[Number(step)]);
    else node = resolved(document, pairIn(document, node, String(step))?.value);
  }
  return node;
}

function pairIn(document: Document.Parsed, node: unknown, key: string, depth = 0): Pair | undefined {
  if (!isMap(node) || depth > maxMerges) return undefined;
  const own = node.items.find((pair) => isPair(pair) && keyText(pair.key) === key);
  if (own !== undefined) return own;
  for (const merge of node.items.filter((pair) => keyText(pair.key) === '<<')) {
    const source = resolved(document, merge.value);
    for (const from of isSeq(source) ? source.items : [source]) {
      const pair = pairIn(document, resolved(document, from), key, depth + 1);
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}

/** Deeper merges than this are circles. */
const maxMerges = 20;

function resolved(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function rangeOf(node: unknown): Range | undefined {
  const range = isNode(node) ? (node as ParsedNode).range : undefined;
  return Array.isArray(range) ? [range[0], range[1]] : undefined;
}
