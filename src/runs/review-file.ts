import { Document, isCollection } from 'yaml';
import type { Usage } from '../core/usage.ts';

/** One review as its log keeps it. */
export interface ReviewNote {
  /** Names the file: `builders-1-i4-r1`, with a suffix where several reviewers were asked in one round. */
  readonly label: string;
  readonly verdict: string;
  readonly task: string;
  readonly round: number;
  /** `claude sonnet`. */
  readonly reviewer: string;
  /** `builders-1, iteration 4, turn 1`. */
  readonly worker: string;
  readonly commit: string;
  readonly base: string;
  /** The changed paths, where they are known. */
  readonly files?: readonly string[];
  readonly at: Date;
  readonly tookMs: number;
  readonly usage: Usage;
  /** The reviewer's final message as it was, or why there is none. */
  readonly text: string;
}

/** The text of a review log: front matter for people and scripts, then the review. */
export function reviewFile(note: ReviewNote): string {
  const { costUsd } = note.usage;
  const front = new Document({
    verdict: note.verdict,
    task: note.task,
    round: note.round,
    reviewer: note.reviewer,
    worker: note.worker,
    commit: `${note.commit.slice(0, 7)} on ${note.base.slice(0, 7)}`,
    ...(note.files === undefined ? {} : { files: note.files }),
    at: note.at.toISOString().replace(/\.\d+Z$/, 'Z'),
    took: `${String(Math.round(note.tookMs / 1000))} s`,
    tokens: { in: note.usage.input, out: note.usage.output },
    ...(costUsd === undefined ? {} : { cost_usd: costUsd }),
  });
  for (const key of ['files', 'tokens']) {
    const value = front.get(key, true);
    if (isCollection(value)) value.flow = true;
  }
  const yaml = front.toString({ lineWidth: 0, flowCollectionPadding: false });
  return `---\n${yaml}---\n${note.text.trimEnd()}\n`;
}
