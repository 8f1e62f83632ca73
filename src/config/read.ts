import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { nearest } from '../core/nearest.ts';

/** What came of reading a text file. */
export type FileRead =
  | { readonly kind: 'text'; readonly text: string }
  /** `why` completes "the file …"; `meant` is the path of a file beside it whose name is close. */
  | { readonly kind: 'unreadable'; readonly why: string; readonly meant?: string };

/** Reads a UTF-8 file, without its byte order mark. */
export async function readText(path: string): Promise<FileRead> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return { kind: 'text', text };
  } catch (error) {
    const meant = await closeName(path);
    return { kind: 'unreadable', why: reason(error), ...(meant !== undefined && { meant }) };
  }
}

/** A file's name as a person would write it: relative to the workspace where it lies inside, with `/`. */
export function shownPath(workspace: string, path: string): string {
  const inside = relative(workspace, path);
  const shown = inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
  return shown.split(sep).join('/');
}

function reason(error: unknown): string {
  if (error instanceof TypeError) return 'is not UTF-8 text';
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    ENOTDIR: 'does not exist',
    EISDIR: 'is a folder',
    EACCES: 'may not be read by you',
    EPERM: 'may not be read by you',
    ELOOP: 'is a link in a circle',
  };
  return known[code] ?? `cannot be read (${code})`;
}

async function closeName(path: string): Promise<string | undefined> {
  try {
    const [folder, name] = [dirname(path), basename(path)];
    const meant = nearest(name, (await readdir(folder)).filter((other) => other !== name).sort());
    return meant === undefined ? undefined : join(folder, meant);
  } catch {
    return undefined;
  }
}
