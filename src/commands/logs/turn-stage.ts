import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoggedTurn, TurnEnd } from '../../core/logged-turn.ts';
import { runFiles } from '../../runs/run-folder.ts';
import { turnEnding, turnHeading, turnOpen } from '../../ui/logged-turn.ts';
import { painter } from '../../ui/paint.ts';
import { transcriptLines } from '../../ui/transcript-lines.ts';
import type { Io } from '../io.ts';
import { tellerOf } from '../read-transcript.ts';
import { rawPrinter, readablePrinter } from './print-turn.ts';
import type { TurnPrinter } from './print-turn.ts';
import { followTurn, printWhole, turnFiles } from './turn-files.ts';

/** Why a turn has no end in the log: it still works, or its run is no more. */
export type OpenEnd = 'live' | 'cut-off';

/** Where turns are shown, one after the other. */
export interface TurnStage {
  /** Shows a turn as far as it goes now. */
  show(turn: LoggedTurn, end: TurnEnd | OpenEnd): Promise<void>;
  /** Shows a turn while it goes on. */
  follow(turn: LoggedTurn): Promise<TurnFollow>;
}

/** Ends the showing of a turn: shows the rest of it, and how it ended where that is given. */
export type TurnFollow = (end: TurnEnd | OpenEnd | undefined) => Promise<void>;

/** The log of the run in that folder. */
export function eventsFile(folder: string): string {
  return join(folder, runFiles.events);
}

/** A stage for the turns of the run in that folder. */
export function turnStage(
  folder: string,
  { raw = false, prompts = false }: { readonly raw?: boolean; readonly prompts?: boolean },
  io: Io,
): TurnStage {
  const view = { columns: io.columns, paint: painter(io.color) };
  let isFirst = true;
  return {
    show: async (turn, end) => {
      const printer = await begin(turn);
      await printWhole(turnFiles(folder, turn.label), printer);
      finish(turn, end);
    },
    follow: async (turn) => {
      const printer = await begin(turn);
      const following = followTurn(turnFiles(folder, turn.label), printer);
      return async (end) => {
        await following.end();
        if (end !== undefined) finish(turn, end);
      };
    },
  };

  async function begin(turn: LoggedTurn): Promise<TurnPrinter> {
    if (raw) return rawPrinter(io);
    const tell = await tellerOf(folder, turn.harness);
    print([...(isFirst ? [] : ['']), ...turnHeading(turn, view)]);
    isFirst = false;
    if (prompts) await showPrompt(turn);
    return readablePrinter(io, tell, view);
  }

  function finish(turn: LoggedTurn, end: TurnEnd | OpenEnd): void {
    if (raw) return;
    print(typeof end === 'string' ? turnOpen(turn, end === 'live', view) : turnEnding(end, view));
  }

  async function showPrompt({ label }: LoggedTurn): Promise<void> {
    const prompt = await readFile(turnFiles(folder, label).prompt, 'utf8').catch(() => '');
    const lines = transcriptLines([{ kind: 'text', text: prompt }], { ...view, columns: view.columns - 2 });
    print(lines.map((line) => view.paint('dim', `> ${line}`.trimEnd())));
  }

  function print(lines: readonly string[]): void {
    io.stdout(lines.map((line) => `${line}\n`).join(''));
  }
}
