import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { runFiles } from '../../runs/run-folder.ts';
import { followLines } from '../../system/follow-lines.ts';
import type { TurnPrinter } from './print-turn.ts';

/** Absolute paths of what a turn left, whether it is there or not. */
export interface TurnFiles {
  readonly prompt: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** The files of the turn of that label; `folder` is the run's. */
export function turnFiles(folder: string, label: string): TurnFiles {
  const path = (part: string) => join(folder, runFiles.turns, `${label}.${part}`);
  return { prompt: path('prompt.md'), stdout: path('stdout'), stderr: path('stderr') };
}

/** Prints all that a turn has printed so far. */
export async function printWhole({ stdout, stderr }: TurnFiles, printer: TurnPrinter): Promise<void> {
  for await (const lines of linesSoFar(stdout)) printer.stdout(lines);
  for await (const lines of linesSoFar(stderr)) printer.stderr(lines);
  printer.end();
}

/** Prints what a turn prints until it is told that it has ended; then the rest. */
export function followTurn(files: TurnFiles, printer: TurnPrinter): { readonly end: () => Promise<void> } {
  const controller = new AbortController();
  const streams = [
    followStream(files.stdout, controller.signal, printer.stdout),
    followStream(files.stderr, controller.signal, printer.stderr),
  ];
  return {
    end: async () => {
      controller.abort();
      for (const stream of streams) await stream.end();
      printer.end();
    },
  };
}

type Take = (lines: readonly string[]) => void;

function followStream(path: string, signal: AbortSignal, take: Take): { readonly end: () => Promise<void> } {
  let taken = 0;
  const follows = (async () => {
    for await (const lines of followLines(path, { signal })) {
      taken += lines.length;
      take(lines);
    }
  })();
  return {
    end: async () => {
      await follows;
      for await (const lines of linesSoFar(path, taken)) take(lines);
    },
  };
}

/** The whole lines of a file as far as it goes now, but for the first `skipped`. None where there is no file, or none that may be read. */
async function* linesSoFar(path: string, skipped = 0): AsyncGenerator<readonly string[]> {
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!isReadable) return;
  let left = skipped;
  for await (const lines of followLines(path, { signal: new AbortController().signal })) {
    // The end of what there is.
    if (lines.length === 0) return;
    if (left < lines.length) yield lines.slice(left);
    left = Math.max(0, left - lines.length);
  }
}
