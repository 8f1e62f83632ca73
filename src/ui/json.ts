import type { Reporter } from './reporter.ts';

/** `--json`: every event as it is, one a line. */
export function jsonReporter(write: (text: string) => void): Reporter {
  return {
    event: (event) => write(`${JSON.stringify(event)}\n`),
    end: () => undefined,
  };
}
