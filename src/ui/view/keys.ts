/** A key: its name, or the character that it types. */
export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'interrupt'
  | 'suspend'
  | { readonly char: string };

/** The keys in what a terminal in raw mode sent, in order. Sequences that mean nothing here are passed over. */
export function keysIn(sent: string): Key[] {
  const found: readonly string[] = sent.match(tokens) ?? [];
  return found.flatMap((token) => names[token] ?? (/^\P{Cc}$/u.test(token) ? { char: token } : []));
}

/** The end of what was sent where that is the beginning of a key; empty where it is not. Escape alone is one too. */
export function beginningIn(sent: string): string {
  return unfinished.exec(sent)?.[0] ?? '';
}

const escape = '\u001b';

/** Control sequences as ECMA-48 has them, the one-letter ones of keypads (SS3), and single characters. */
const tokens = new RegExp(`${escape}\\[[0-?]*[ -/]*[@-~]|${escape}O[@-~]|[^]`, 'gu');

const unfinished = new RegExp(`${escape}(?:\\[[0-?]*[ -/]*|O)?$`, 'u');

/** As xterm, the Linux console, rxvt and tmux send them. */
const names: Readonly<Record<string, Exclude<Key, object>>> = {
  [`${escape}[A`]: 'up',
  [`${escape}OA`]: 'up',
  [`${escape}[B`]: 'down',
  [`${escape}OB`]: 'down',
  [`${escape}[5~`]: 'page-up',
  [`${escape}[6~`]: 'page-down',
  [`${escape}[H`]: 'home',
  [`${escape}OH`]: 'home',
  [`${escape}[1~`]: 'home',
  [`${escape}[7~`]: 'home',
  [`${escape}[F`]: 'end',
  [`${escape}OF`]: 'end',
  [`${escape}[4~`]: 'end',
  [`${escape}[8~`]: 'end',
  '\r': 'enter',
  '\n': 'enter',
  [escape]: 'escape',
  '\u0003': 'interrupt',
  '\u001a': 'suspend',
};
