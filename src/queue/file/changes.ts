import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { taskStates } from '../../core/task.ts';
import type { Places } from './places.ts';

/** Wakes those who wait for the queue to change. */
export interface Changes {
  /** Remembers that somebody looks at the folders now: what changes from here on is news. They must exist. */
  looked(): void;
  /** Resolves at the next change, at once when one came since the last look, or after `ms`; `signal` ends the wait. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** A transition of this process's own. */
  ring(): void;
  close(): void;
}

/** Watches the state folders, from the first look on. The operating system may lose events: the timer is what counts. */
export function openChanges(places: Places): Changes {
  const watchers: FSWatcher[] = [];
  const waiting = new Set<() => void>();
  let open: 'not-yet' | 'open' | 'closed' = 'not-yet';
  let news = false;

  function ring(): void {
    news = true;
    for (const wake of [...waiting]) wake();
  }

  function watchFolders(): void {
    if (open !== 'not-yet') return;
    open = 'open';
    for (const state of taskStates) {
      try {
        const watcher = watch(places.folder(state), { persistent: false }, (_event, name) => {
          // Temporary files come and go with every record.
          if (name?.startsWith('.') !== true) ring();
        });
        watcher.on('error', () => {
          watcher.close();
        });
        watchers.push(watcher);
      } catch {
        // No folder, or no watches left: the timer does.
      }
    }
  }

  return {
    looked() {
      watchFolders();
      news = false;
    },
    async wait(ms, signal) {
      // Without an earlier look, anything may have changed.
      const isNew = news || open === 'not-yet';
      watchFolders();
      news = false;
      if (isNew || signal.aborted || open === 'closed') return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        signal.addEventListener('abort', wake);
        waiting.add(wake);
      });
    },
    ring,
    close() {
      open = 'closed';
      for (const watcher of watchers) watcher.close();
      ring();
    },
  };
}
