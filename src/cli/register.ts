import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { ExitCode, Io } from '../commands/io.ts';

/** A command as it is performed: a plain function of its options and where it reads and writes. */
export type Action<Options> = (options: Options, io: Io) => Promise<ExitCode>;

/** What the tables of commands are given: how to name a command, and how to perform one. */
export interface Register {
  /** A new command with its examples; below `parent` when given. */
  readonly command: (name: string, description: string, examples: readonly string[], parent?: Command) => Command;
  /** Performs a command and makes its result the exit code. */
  readonly perform: <Options>(action: Action<Options>, options: Options) => Promise<void>;
}

/** The options with an optional argument among them; without it when it was not given. */
export function withArgument(name: string, value: string | undefined, options: object): object {
  return value === undefined ? options : { ...options, [name]: value };
}

/** A whole number from 1, as an option takes it. */
export function wholeNumber(text: string): number {
  return wholeNumberFrom(1, text);
}

/** A whole number from 0, as an option takes it. */
export function countFromZero(text: string): number {
  return wholeNumberFrom(0, text);
}

function wholeNumberFrom(least: number, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= least) return number;
  throw new InvalidArgumentError(`takes a whole number from ${String(least)}, not "${text}"`);
}
