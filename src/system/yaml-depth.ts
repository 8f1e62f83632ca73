import { type CST, Parser } from 'yaml';

/**
 * The offset where lists and maps in a YAML text are more than 100 deep, or undefined. Asked before composing a
 * document: yaml 2.9 composes by recursion, and where the stack runs out Node 20 can abort as a whole while it compiles a
 * regular expression, which nothing can catch. Its parser, used here, does not recurse.
 */
export function tooDeepAt(text: string): number | undefined {
  const waiting: { token: CST.Token; depth: number }[] = [];
  for (const token of new Parser().parse(text)) waiting.push({ token, depth: 0 });
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) return token.offset;
    for (const child of childrenOf(token)) waiting.push({ token: child, depth: depth + 1 });
  }
  return undefined;
}

const maxDepth = 100;

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((child) => child !== undefined && child !== null));
}
