import { openCoprocess } from './coprocess.ts';

/** Looks up refs and objects in one git process for a whole run. */
export interface ObjectReader {
  /** The object that `rev` names now (a ref, an oid, `oid^{tree}`); undefined when there is none. */
  resolve(rev: string): Promise<string | undefined>;
  /** The tree of the commit that `rev` names; undefined when there is none. */
  treeOf(rev: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Opens a reader by `git cat-file --batch-check`; it starts again by itself when the process died. */
export function openObjectReader(repositoryRoot: string): ObjectReader {
  const coprocess = openCoprocess(repositoryRoot, ['cat-file', '--batch-check=%(objectname) %(objecttype)']);
  async function resolve(rev: string): Promise<string | undefined> {
    if (rev === '' || /[\n\0]/.test(rev)) return undefined;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await coprocess.ask(`${rev}\n`, 1);
      if (answer.kind === 'answered') return oidOf(answer.lines[0] ?? '');
    }
    return undefined;
  }
  return { resolve, treeOf: (rev) => resolve(`${rev}^{tree}`), close: () => coprocess.close() };
}

/** `<rev> missing` and `<rev> ambiguous` are the other answers (git 2.39). */
function oidOf(line: string): string | undefined {
  return /^([0-9a-f]{40,64}) (?:commit|tree|blob|tag)$/.exec(line)?.[1];
}
