/** A command of the command line, as completion sees it. */
export interface CommandShape {
  readonly name: string;
  readonly about: string;
  readonly commands: readonly CommandShape[];
  readonly options: readonly OptionShape[];
  readonly values: readonly ValueShape[];
}

/** An option; `value` when it takes one. */
export interface OptionShape {
  /** `-f`, `--follow`. */
  readonly flags: readonly string[];
  readonly about: string;
  readonly value?: ValueShape;
}

/** An argument of a command or of an option. */
export interface ValueShape {
  /** What help calls it: `run`, `task`, `pool`. It says what may stand here. */
  readonly name: string;
  /** More of the same may follow. */
  readonly isMany: boolean;
  /** All that it can be, where the command line says so. */
  readonly choices: readonly string[];
}

/** A word that may be typed next. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What may stand where the cursor is. */
export interface Expected {
  /** What is typed of it already. */
  readonly typed: string;
  /** What is in the same word and not part of it: `--only=`. */
  readonly before: string;
  /** Commands, options and choices, whether or not they begin as typed. */
  readonly words: readonly Candidate[];
  /** Arguments that the command has already. */
  readonly given: readonly string[];
  /** A value that only the workspace knows, of the command with this path: `tasks requeue`. */
  readonly value?: { readonly name: string; readonly path: string };
}

/** What may stand in the place of the last of `words`, which is empty when nothing is typed yet; undefined = nothing is known. */
export function expectedAt(root: CommandShape, words: readonly string[]): Expected | undefined {
  const place = walk(root, words.slice(0, -1));
  if (place === undefined) return undefined;
  const last = words.at(-1) ?? '';
  const [, before, typed] = /^(--[^=]+=)(.*)$/s.exec(last) ?? [];
  if (before !== undefined && typed !== undefined && !place.onlyValues) {
    const option = optionOf(place.command, before.slice(0, -1));
    return option?.value === undefined
      ? undefined
      : expectedValue(root, place, option.value, { typed, before, given: [] });
  }
  const here = { typed: last, before: '', given: place.given };
  const { open } = place;
  if (open !== undefined && !(open.isMany && last.startsWith('-'))) return expectedValue(root, place, open, here);
  if (last.startsWith('-') && !place.onlyValues) return { ...here, words: optionWords(place) };
  if (place.command.commands.length > 0) return { ...here, words: commandWords(place.command) };
  const value = place.command.values[place.given.length] ?? place.command.values.at(-1);
  if (value === undefined || (place.given.length >= place.command.values.length && !value.isMany)) return undefined;
  return expectedValue(root, place, value, here);
}

/** Where the words before the cursor lead. */
interface Place {
  readonly command: CommandShape;
  readonly path: readonly string[];
  /** Its arguments so far. */
  readonly given: readonly string[];
  readonly used: readonly OptionShape[];
  /** The option before the cursor takes this. */
  readonly open: ValueShape | undefined;
  /** After `--`. */
  readonly onlyValues: boolean;
}

function walk(root: CommandShape, words: readonly string[]): Place | undefined {
  let place: Place = { command: root, path: [], given: [], used: [], open: undefined, onlyValues: false };
  for (const word of words) {
    const next = step(place, word);
    if (next === undefined) return undefined;
    place = next;
  }
  return place;
}

function step(place: Place, word: string): Place | undefined {
  const { command, path, given, used, open, onlyValues } = place;
  const isOption = word.startsWith('-') && word !== '-' && !onlyValues;
  if (open !== undefined && !(open.isMany && isOption)) return open.isMany ? place : { ...place, open: undefined };
  if (word === '--' && !onlyValues) return { ...place, onlyValues: true, open: undefined };
  if (isOption) {
    const option = optionOf(command, word.replace(/=.*$/s, ''));
    if (option === undefined) return { ...place, open: undefined };
    return { ...place, used: [...used, option], open: word.includes('=') ? undefined : option.value };
  }
  if (command.commands.length === 0) return { ...place, given: [...given, word] };
  const next = command.commands.find(({ name }) => name === word);
  return next && { command: next, path: [...path, word], given: [], used: [], open: undefined, onlyValues };
}

function expectedValue(
  root: CommandShape,
  { path, given }: Place,
  { name, choices }: ValueShape,
  here: Pick<Expected, 'typed' | 'before' | 'given'>,
): Expected | undefined {
  if (choices.length > 0) return { ...here, words: choices.map((word) => ({ word, about: '' })) };
  if (name !== 'command') return { ...here, words: [], value: { name, path: path.join(' ') } };
  const asked = walk(root, given);
  return asked && { ...here, words: commandWords(asked.command) };
}

function optionOf(command: CommandShape, flag: string): OptionShape | undefined {
  return command.options.find(({ flags }) => flags.includes(flag));
}

function commandWords({ commands }: CommandShape): Candidate[] {
  return commands.map(({ name, about }) => ({ word: name, about }));
}

/** The long names; an option that was given is not offered again, unless it can be given more than once. */
function optionWords({ command, used }: Place): Candidate[] {
  return command.options
    .filter((option) => option.value?.isMany === true || !used.includes(option))
    .map(({ flags, about }) => ({ word: flags.at(-1) ?? '', about }));
}
