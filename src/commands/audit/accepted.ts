import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A commit of a finding that the user has looked at: it may stay as it is. */
export interface AcceptedCommit {
  readonly commit: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Remembers it in `.oompa/accepted.jsonl`. Throws node's own error when the disk refuses. */
export function noteAccepted(root: string, accepted: AcceptedCommit): void {
  mkdirSync(join(root, '.oompa'), { recursive: true });
  appendFileSync(fileIn(root), `${JSON.stringify(accepted)}\n`);
}

/** All that were accepted; lines that nobody can read are passed over. */
export function readAccepted(root: string): ReadonlySet<string> {
  return new Set(textIn(fileIn(root)).split('\n').flatMap(commitIn));
}

function fileIn(root: string): string {
  return join(root, '.oompa', 'accepted.jsonl');
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function commitIn(line: string): string[] {
  try {
    const { commit } = JSON.parse(line) as { commit?: unknown };
    return typeof commit === 'string' ? [commit] : [];
  } catch {
    return [];
  }
}
