/** @jsxRuntime automatic */

import { Transform, render } from 'ink';
import type { Instance } from 'ink';

/** A terminal that is drawn on. */
export interface Drawing {
  /** Draws these lines; nothing at all when they are there already. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/**
 * Takes the terminal's other screen, as editors do: a change of its size then leaves nothing over, and what stood on the
 * terminal before comes back. `onResize`: the size has changed, and nothing is drawn any more.
 */
export function openDrawing(stdout: NodeJS.WriteStream, onResize: () => void): Drawing {
  let app: Instance | undefined;
  let drawn: string | undefined;

  const end = (): void => {
    app?.unmount();
    app = undefined;
  };
  const resized = (): void => {
    // ink knows what it drew, not what the terminal has made of that: lines that are too long now have been broken.
    end();
    drawn = undefined;
    stdout.write(clear);
    onResize();
  };
  const close = (): void => {
    stdout.off('resize', resized);
    process.off('exit', close);
    process.off('uncaughtExceptionMonitor', close);
    try {
      end();
    } finally {
      stdout.write(leave);
    }
  };
  // A terminal that has gone refuses what is written. That must not end a run.
  stdout.on('error', ignore);
  stdout.on('resize', resized);
  process.on('exit', close);
  process.on('uncaughtExceptionMonitor', close);
  stdout.write(enter);
  return {
    close,
    draw: (lines) => {
      const text = lines.join('\n');
      if (text === drawn) return;
      drawn = text;
      const frame = frameOf(lines);
      if (app === undefined) app = start(frame, stdout);
      else app.rerender(frame);
      // React (19.3, outside of production) measures each rendering, and node keeps all of that.
      performance.clearMeasures();
    },
  };
}

/**
 * The lines take the place of a text that is always the same: ink (6.8) remembers every text that it ever measured, which in
 * a night is hundreds of megabytes, and cuts all that follows a line which it takes to be too wide.
 */
function frameOf(lines: readonly string[]): React.ReactNode {
  const measured = lines.map(() => '.').join('\n');
  return <Transform transform={(_, index) => lines[index] ?? ''}>{measured}</Transform>;
}

function start(frame: React.ReactNode, stdout: NodeJS.WriteStream): Instance {
  const app = render(frame, { stdout, exitOnCtrlC: false, patchConsole: false });
  app.waitUntilExit().catch(ignore);
  return app;
}

function ignore(): void {
  // Nothing is to be done about it.
}

/**
 * The other screen of xterm and all that are like it (1049), with its cursor at the top. What is wider than the terminal is cut
 * there (7): terminals don't agree on how wide a character is, and a line that went on in the next one would move all others.
 */
const clear = '\u001b[2J\u001b[H';
const enter = `\u001b[?1049h\u001b[?7l${clear}`;
/** Emptied before: tmux 3.3 leaves a line of it on the first screen when the size has changed. */
const leave = `${clear}\u001b[?7h\u001b[?1049l`;
