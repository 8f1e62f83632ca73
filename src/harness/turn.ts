import type { Failure } from '../core/failure.ts';
import type { Usage } from '../core/usage.ts';
import type { Session } from './harness.ts';

/** How a turn ended. */
export type TurnEnding =
  /** The CLI exited 0, said so in its own terminal event, and its final message is not blank. */
  | {
      readonly kind: 'answered';
      readonly message: string;
      /** Its final message was complete, but it did not exit: it was ended, and its work counts. */
      readonly recovered?: true;
    }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** One agent process from start to end. */
export interface Turn {
  readonly ending: TurnEnding;
  /** The session to resume next; undefined when none was learnt or the CLI said that it is gone. */
  readonly session?: Session;
  /** Of this turn alone. */
  readonly usage: Usage;
  /** Tool calls that it has shown; 0 = none, which says nothing about what it did. */
  readonly tools: number;
  readonly durationMs: number;
  readonly exitCode?: number;
  readonly signal?: string;
}
