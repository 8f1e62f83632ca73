import { painter } from '../paint.ts';
import { plainReporter } from '../plain.ts';
import type { Reporter } from '../reporter.ts';
import type { LiveOptions } from './live.ts';
import { openLive } from './live.ts';

/** What the live view of one's own run needs. */
export interface LiveReporterOptions extends Omit<LiveOptions, 'place'> {
  /** The run's folder, as a person would type it. */
  readonly folder: string;
}

/**
 * The view of one's own run, drawn from the first event on; after the end its screen stays as text, with the summary under it.
 * The plain view goes along in silence: it has the summary, and takes over should the live one fail.
 */
export function liveReporter({ folder, ...options }: LiveReporterOptions): Reporter {
  const { stdout, color, clock } = options;
  const live = openLive({ ...options, place: 'swarm' });
  let plain: Reporter | undefined;
  let isSilent = true;

  const begin = (): Reporter => {
    live.open();
    return plainReporter({
      write: (text) => {
        if (!isSilent) stdout.write(text);
      },
      paint: painter(color),
      columns: () => stdout.columns || 80,
      folder,
      hasReport: true,
      ...(clock === undefined ? {} : { clock }),
    });
  };
  void live.ended.then((end) => {
    if (end.kind !== 'failed') return;
    isSilent = false;
    stdout.write(`The live view failed: ${end.why}\nThe run goes on; from here on as plain lines.\n`);
  });
  return {
    event: (event) => {
      plain ??= begin();
      plain.event(event);
      live.event(event);
    },
    end: async () => {
      live.close();
      isSilent = false;
      await plain?.end();
    },
  };
}
