import { expectedAt } from '../../core/completion.ts';
import type { Candidate, CommandShape } from '../../core/completion.ts';
import type { ExitCode, Io } from '../io.ts';
import type { Shell } from './scripts.ts';
import { filesAnswer } from './scripts.ts';
import { valuesOf } from './values.ts';

/** What a shell asks at a Tab. */
export interface CompleteOptions {
  readonly shell: Shell;
  /** What follows `oompa` up to the cursor; the last word is empty when nothing is typed of it. */
  readonly words: readonly string[];
  readonly root: CommandShape;
}

/** Prints what may be typed next, one a line, `word<tab>about`. It never says that something is wrong: a Tab is no question. */
export async function complete({ shell, words, root }: CompleteOptions, io: Io): Promise<ExitCode> {
  const expected = expectedAt(root, shell === 'bash' ? joined(words) : words);
  if (expected === undefined) return 0;
  const { typed, given, value } = expected;
  const known = value === undefined ? expected.words : await valuesOf(value, io.cwd).catch((): Candidate[] => []);
  if (known === 'files') {
    io.stdout(`${filesAnswer}\n`);
    return 0;
  }
  // Only fish replaces the whole of `--only=x`.
  const before = shell === 'fish' ? expected.before : '';
  const fitting = known.filter(({ word }) => word.startsWith(typed) && !given.includes(word) && isPlain(word));
  io.stdout(fitting.map(({ word, about }) => `${before}${word}\t${about}\n`).join(''));
  return 0;
}

/** bash takes `--only=x` apart into three words, and replaces the last of them only (bash 5.2, COMP_WORDBREAKS). */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const before: string | undefined = whole.at(-1);
    const goesOn: boolean = before !== undefined && (isOpen || (word === '=' && before.startsWith('--')));
    if (goesOn) whole.push(`${whole.pop() ?? ''}${word}`);
    else whole.push(word);
    isOpen = goesOn && word === '=';
  }
  return whole;
}

/** Names of files and refs come from anywhere: a shell must never get one that it would do something with. */
function isPlain(word: string): boolean {
  return /^[\w.@%+,:/-]+$/.test(word);
}
