import { firstError, git } from './git.ts';

/** One path that differs between two commits. Renames come as one path deleted and one added. */
export interface Change {
  readonly path: string;
  /** `type-changed`: a file became a link or a repository, or the other way round. */
  readonly status: 'added' | 'deleted' | 'modified' | 'type-changed';
  /** Lines; 0 for binary files. */
  readonly added: number;
  readonly deleted: number;
  readonly binary: boolean;
}

/** What differs between two commits, in the order of the paths. Throws when git can't read them: both were just made. */
export async function changes(repositoryRoot: string, base: string, head: string): Promise<Change[]> {
  const args = ['diff-tree', '-r', '-z', '--no-renames', '--raw', '--numstat', base, head];
  const result = await git(repositoryRoot, args, { maxBuffer: 512 * 1024 * 1024 });
  if (result.code !== 0) throw new Error(`git could not compare ${base} with ${head}: ${firstError(result)}`);
  return readChanges(result.stdout);
}

/** Bytes of a diff that are shown. */
export interface DiffBudget {
  readonly perFileBytes: number;
  readonly totalBytes: number;
}

/** The diff between two commits as text. `cut`: the paths whose part is missing, wholly or from some line on. */
export interface DiffText {
  readonly text: string;
  readonly cut: readonly string[];
}

/** The diff within a budget. It is cut as it comes, so its size costs no memory. Throws as `changes` does. */
export async function diffText(
  repositoryRoot: string,
  base: string,
  head: string,
  budget: DiffBudget,
): Promise<DiffText> {
  const cutter = openCutter(budget);
  const args = ['diff-tree', '-r', '-p', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];
  const result = await git(repositoryRoot, [...args, '--src-prefix=a/', '--dst-prefix=b/', base, head], {
    onStdout: cutter.take,
  });
  if (result.code !== 0) throw new Error(`git could not compare ${base} with ${head}: ${firstError(result)}`);
  return cutter.end();
}

/** With -z: `:100644 100644 <oid> <oid> M`, the path, …; then `<added>\t<deleted>\t<path>`, … (git 2.39). */
function readChanges(output: string): Change[] {
  const parts = output.split('\0');
  const statuses = new Map<string, string>();
  let next = 0;
  for (; parts[next]?.startsWith(':') === true; next += 2) {
    statuses.set(parts[next + 1] ?? '', parts[next]?.at(-1) ?? 'M');
  }
  return parts.slice(next).flatMap((part) => {
    const [, added = '', deleted = '', path = ''] = /^([^\t]*)\t([^\t]*)\t([^]*)$/.exec(part) ?? [];
    if (path === '') return [];
    const binary = added === '-';
    const status = statusNames[statuses.get(path) ?? 'M'] ?? 'modified';
    return [{ path, status, binary, added: binary ? 0 : Number(added), deleted: binary ? 0 : Number(deleted) }];
  });
}

const statusNames: Readonly<Record<string, Change['status']>> = {
  A: 'added',
  D: 'deleted',
  M: 'modified',
  T: 'type-changed',
};

const newline = 0x0a;
const longestHeader = 16 * 1024;

/** Takes a diff in pieces. A line is held back only until it is clear whether it starts the next file. */
function openCutter({ perFileBytes, totalBytes }: DiffBudget) {
  const kept: Buffer[] = [];
  const cut = new Set<string>();
  let path = '';
  let total = 0;
  let inFile = 0;
  let rest: Buffer = Buffer.alloc(0);
  /** Whether `rest` goes on with a line of which the start has been dealt with already. */
  let midLine = false;

  function takeLine(line: Buffer): void {
    const isHeader = !midLine && line.subarray(0, 11).toString('latin1') === 'diff --git ';
    midLine = line.at(-1) !== newline;
    if (isHeader) {
      path = pathIn(line.toString('utf8').trimEnd());
      inFile = 0;
    }
    if (cut.has(path)) return;
    if (inFile + line.length > perFileBytes || total + line.length > totalBytes) {
      cut.add(path);
      if (inFile > 0 && kept.at(-1)?.at(-1) !== newline) kept.push(Buffer.from('\n'));
      return;
    }
    kept.push(Buffer.from(line));
    inFile += line.length;
    total += line.length;
  }

  return {
    take: (chunk: Buffer): void => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = data.indexOf(newline); end !== -1; end = data.indexOf(newline, start)) {
        takeLine(data.subarray(start, end + 1));
        start = end + 1;
      }
      rest = data.subarray(start);
      if (rest.length > longestHeader) {
        takeLine(rest);
        rest = Buffer.alloc(0);
      }
    },
    end: (): DiffText => {
      if (rest.length > 0) takeLine(rest);
      return { text: Buffer.concat(kept).toString('utf8'), cut: [...cut] };
    },
  };
}

/** `diff --git a/<path> b/<path>`: without renames both are the same, so half of it is the path, blanks and all. */
function pathIn(header: string): string {
  const both = header.slice('diff --git '.length);
  const half = both.slice(0, (both.length - 1) / 2);
  return half.startsWith('"') ? unquoted(half.slice(3, -1)) : half.slice(2);
}

/** git quotes paths with control characters, quotes and backslashes like C does. */
function unquoted(text: string): string {
  return text.replace(/\\([abfnrtv"\\]|[0-7]{3})/g, (_, code: string) => {
    const known = escapes[code];
    return known ?? String.fromCharCode(parseInt(code, 8));
  });
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
};
