import { painter } from './paint.ts';

/** One file that `oompa init` wrote, or found and left alone. */
export interface InitLine {
  readonly path: string;
  readonly why: string;
  readonly kind: 'written' | 'kept';
}

/** What `oompa init` says: one line a file, then the next three commands. */
export function renderInit(report: {
  readonly lines: readonly InitLine[];
  /** The CLI that the config names; undefined when none was found on PATH. */
  readonly harness: string | undefined;
  readonly color: boolean;
}): string {
  const paint = painter(report.color);
  const dim = (text: string) => paint('dim', text);
  const shown = report.lines.filter(({ why }) => why !== '');
  const width = Math.max(...shown.map(({ path }) => path.length));
  const lines = shown.map(
    ({ path, why, kind }) => `  ${kind === 'written' ? 'wrote' : 'kept '}  ${path.padEnd(width)}  ${dim(why)}`,
  );
  const hint =
    report.harness === undefined
      ? '\nNo agent CLI was found on PATH; the config names opencode: npm install -g opencode-ai\n'
      : '';
  return `${lines.join('\n')}
${hint}
Next:
  git add .gitignore oompa.config.yaml prompts && git commit -m "Set up oompa"
  oompa tasks add "Say what will be true when it is done"
  oompa doctor
  oompa swarm
`;
}
