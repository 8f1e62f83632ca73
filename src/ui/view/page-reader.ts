import type { PageContent, PageView } from './page.ts';
import { isSamePage, pageLines } from './page.ts';
import type { Known, ViewSource } from './read-page.ts';
import { readPage } from './read-page.ts';
import type { PageName } from './view.ts';

/** Reads the page that is open, again and again while the run goes on. */
export interface PageReader {
  /** What is to be read from now on; undefined: nothing. */
  show(page: PageName | undefined, worker: string | undefined): void;
  /** Something has happened to that worker. */
  touched(worker: string): void;
  /** Looks whether there is something new. Never rejects. */
  refresh(known: Known): Promise<void>;
  /** The page as it was read last. */
  lines(view: PageView): readonly string[];
}

interface Wanted {
  readonly page: Exclude<PageName, 'keys'>;
  readonly worker: string;
}

/** A reader with nothing to read. `onChange`: the page's lines are others now; `before`: those that were asked for last. */
export function openReader(source: ViewSource | undefined, onChange: (before: readonly string[]) => void): PageReader {
  let wanted: Wanted | undefined;
  let content: PageContent = { kind: 'loading' };
  /** Only a transcript grows without an event. */
  let isStale = false;
  let isReading = false;
  let made: { readonly of: PageContent; readonly columns: number; readonly lines: readonly string[] } | undefined;

  const refresh = async (known: Known): Promise<void> => {
    const now = wanted;
    if (now === undefined || source === undefined || isReading || !(isStale || now.page === 'transcript')) return;
    isReading = true;
    isStale = false;
    const read = await readPage(now.page, now.worker, known, source).catch((error: unknown) => unreadable(error));
    isReading = false;
    // Another page was opened meanwhile, and nobody should have to wait for it.
    if (now !== wanted) return refresh(known);
    if (isSamePage(content, read)) return;
    content = read;
    onChange(made?.lines ?? []);
  };

  return {
    refresh,
    show: (page, worker) => {
      const next = page === undefined || page === 'keys' || worker === undefined ? undefined : { page, worker };
      if (next?.page === wanted?.page && next?.worker === wanted?.worker) return;
      wanted = next;
      content = { kind: 'loading' };
      isStale = true;
    },
    touched: (worker) => {
      if (wanted?.worker === worker) isStale = true;
    },
    lines: (view) => {
      if (made?.of !== content || made.columns !== view.columns) {
        made = { of: content, columns: view.columns, lines: wanted === undefined ? [] : pageLines(content, view) };
      }
      return made.lines;
    },
  };
}

function unreadable(error: unknown): PageContent {
  return { kind: 'nothing', why: `it could not be read: ${error instanceof Error ? error.message : String(error)}` };
}
