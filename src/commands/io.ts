/** Where a command reads and writes: given by `cli.ts`, so that tests can give their own. */
export interface Io {
  readonly cwd: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** False with NO_COLOR, `--no-color` or a pipe. */
  readonly color: boolean;
  /** Width of the terminal in columns; 80 on a pipe. */
  readonly columns: number;
  /** Standard output, when it is a terminal that can be redrawn. */
  readonly terminal: NodeJS.WriteStream | undefined;
  now(): Date;
  readonly env: NodeJS.ProcessEnv;
  /** Calls `stop` when the user asks to end: politely (Ctrl-C), or now (SIGTERM, SIGHUP). Without a listener the process just ends. */
  onStop(stop: (how: 'polite' | 'now') => void): void;
}

/** 0 well · 1 some task failed, blocked or held · 2 usage or config · 124 waited too long · 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 124 | 130;
