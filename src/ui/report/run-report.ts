import type { RunEvent } from '../../core/event.ts';
import type { RunLife, RunState } from '../../core/run-state.ts';
import type { TranscriptEntry } from '../../core/transcript.ts';

/** Everything that the report of a run is made of. */
export interface RunReport {
  readonly state: RunState;
  readonly life: RunLife;
  /** The whole log in order; the chatter of agents (`turn:said`) is not needed. */
  readonly events: readonly RunEvent[];
  /** When the report is made, ISO 8601. */
  readonly now: string;
  /** The run's folder, as a person would type it. */
  readonly folder: string;
  /** The text of `run.yaml`. */
  readonly config: Excerpt;
  /** The files of `wantedTexts`, by their paths relative to the run's folder. */
  readonly files: ReadonlyMap<string, Excerpt>;
  /** The ends of the transcripts of `wantedTexts`, by the labels of their turns. */
  readonly transcripts: ReadonlyMap<string, readonly TranscriptEntry[]>;
}

/** The beginning of a file. */
export type Excerpt =
  | { readonly kind: 'text'; readonly text: string; readonly isCut: boolean }
  | { readonly kind: 'missing' }
  /** The report is long enough without it. */
  | { readonly kind: 'left-out' };
