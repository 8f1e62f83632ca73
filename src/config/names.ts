import { nearest } from '../core/nearest.ts';
import type { Finding } from './finding.ts';
import { type Mention, type Mentions, declaredHarnesses } from './roles.ts';

/** Pools that share a name, and harnesses that nobody knows. `builtIn` are the CLIs that oompa knows. */
export function nameFindings(data: unknown, mentions: Mentions, builtIn: readonly string[]): Finding[] {
  const known = [...new Set([...builtIn, ...declaredHarnesses(data)])];
  return [
    ...mentions.pools.filter(isRepeated).map(({ path, word }): Finding => ({
      path,
      at: 'value',
      message: `two pools are named \`${word}\``,
      hint: 'each pool needs a name of its own',
    })),
    ...mentions.harnesses
      .filter(({ word }) => !known.includes(word))
      .map(({ path, word }): Finding => ({
        path,
        at: 'value',
        message: `unknown harness \`${word}\``,
        hint: hintFor(word, known),
      })),
  ];
}

function isRepeated({ word }: Mention, index: number, all: readonly Mention[]): boolean {
  return all.findIndex((other) => other.word === word) < index;
}

function hintFor(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined
    ? `known: ${known.join(', ')}; others go under \`harnesses:\``
    : `did you mean \`${meant}\`?`;
}
