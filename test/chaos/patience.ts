import { setTimeout as wait } from 'node:timers/promises';

/** Waits until it is so; false when `over` came first. */
export async function until(isSo: () => boolean | Promise<boolean>, over: Promise<unknown>): Promise<boolean> {
  const ending = new AbortController();
  void over.then(() => {
    ending.abort();
  });
  for (;;) {
    if (await isSo()) return true;
    if (ending.signal.aborted) return false;
    await wait(10);
  }
}
