import { createReadStream } from 'node:fs';
import { relative } from 'node:path';

/** What is looked for in a transcript: each has to be found somewhere in it. */
export interface Clue {
  readonly all: readonly RegExp[];
}

/**
 * Which of the clues a transcript holds; read as a stream. Undefined when it can't be read: then it shows nothing.
 */
export async function cluesIn(path: string, clues: readonly Clue[]): Promise<readonly boolean[] | undefined> {
  const open = new Set(clues.flatMap(({ all }) => all));
  const found = new Set<RegExp>();
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
      const text = rest + String(chunk);
      for (const pattern of open) {
        if (!pattern.test(text)) continue;
        open.delete(pattern);
        found.add(pattern);
      }
      if (open.size === 0) break;
      rest = text.slice(-overlap);
    }
  } catch {
    return undefined;
  }
  return clues.map(({ all }) => all.every((pattern) => found.has(pattern)));
}

/** Characters of the piece before that are looked at again: longer than any path. */
const overlap = 8 * 1024;

/** Where an agent worked, and the checkout that it must not touch; absolute paths. */
export interface Terrain {
  readonly worktree: string;
  readonly checkout: string;
}

/** The clues that a turn has to do with a path of the checkout: its transcript names it, or the way to it and its name. */
export function cluesOf({ worktree, checkout }: Terrain, path: string): Clue[] {
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.at(-1) ?? path;
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
  const whole = parts.join('/');
  return [
    { all: [either(ways(worktree, checkout).map((way) => `${way}/${spelt(whole)}${wordEnd}`))] },
    { all: [folderNamed({ worktree, checkout }, folders), new RegExp(`${wordStart}${spelt(name)}${wordEnd}`)] },
  ];
}

/** The clue that a turn has moved HEAD of the checkout. */
export function headClue(terrain: Terrain): Clue {
  return {
    all: [
      folderNamed(terrain, ['.git', '.git/HEAD']),
      /\b(switch|checkout|reset|commit|merge|rebase|pull|cherry-pick|revert|am|bisect|symbolic-ref|update-ref|HEAD)\b/,
    ],
  };
}

/** The clue that a turn has moved the branch itself. */
export function branchClue(branch: string): Clue {
  const command = '(update-ref|push|fetch|branch|checkout|switch|symbolic-ref|worktree|refs/heads)';
  return { all: [new RegExp(`\\b${command}\\b[^\\n]{0,300}${wordStart}${spelt(branch)}${wordEnd}`)] };
}

/** The checkout, or one of these folders in it, as a word of its own: where somebody goes to work there. */
function folderNamed({ worktree, checkout }: Terrain, folders: readonly string[]): RegExp {
  const named = ['', ...folders.map((folder) => `/${spelt(folder)}`)];
  return either(ways(worktree, checkout).flatMap((way) => named.map((folder) => `${way}${folder}/?${pathEnd}`)));
}

/** How a way to the checkout may be spelt: as it is, or up and out of the worktree from wherever in it. */
function ways(worktree: string, checkout: string): string[] {
  const out = relative(worktree, checkout);
  return [spelt(checkout), ...(out.startsWith('..') ? [`(?:\\.\\./)*${spelt(out)}`] : [])];
}

const wordStart = '(?<![\\w.-])';
const wordEnd = '(?![\\w-]|\\.\\w)';
/** Not in the middle of a longer path. */
const pathEnd = '(?![\\w.-]|/[\\w.-])';

function either(alternatives: readonly string[]): RegExp {
  return new RegExp(alternatives.map((each) => `(?:${each})`).join('|'));
}

/** The text as a pattern, plain or as it stands in JSON. */
function spelt(text: string): string {
  const inJson = JSON.stringify(text).slice(1, -1);
  return inJson === text ? escaped(text) : `(?:${escaped(text)}|${escaped(inJson)})`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
