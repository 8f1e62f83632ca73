import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from '../admin.ts';

/** A ref of oompa's that was removed although main lacks its work, because the user said so. */
export interface Freed {
  readonly ref: string;
  readonly commit: string;
  /** One line. */
  readonly why: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/**
 * Writes down that a ref is given up, right before it goes: `.oompa/freed.jsonl`, which an audit reads. Undefined when it is
 * written; else one line why it is not, and then the ref has to stay.
 */
export function noteFreed(root: string, freed: Freed): string | undefined {
  try {
    mkdirSync(join(root, '.oompa'), { recursive: true });
    appendFileSync(fileIn(root), `${JSON.stringify(freed)}\n`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What has been given up, oldest first; lines that nobody can read are passed over. */
export async function readFreed(root: string): Promise<Freed[]> {
  const text = (await textOf(fileIn(root))) ?? '';
  return text.split('\n').flatMap((line) => freedIn(line));
}

function fileIn(root: string): string {
  return join(root, '.oompa', 'freed.jsonl');
}

function freedIn(line: string): Freed[] {
  try {
    const { ref, commit, why, at } = JSON.parse(line) as Readonly<Record<keyof Freed, unknown>>;
    const isWhole = [ref, commit, why, at].every((each) => typeof each === 'string');
    return isWhole ? [{ ref, commit, why, at } as Freed] : [];
  } catch {
    return [];
  }
}
