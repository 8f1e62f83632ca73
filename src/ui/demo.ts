import { painter } from './paint.ts';

/** What the demo says before it starts. */
export function demoIntroduction(repository: string): string {
  return `The real opencode CLI and a scripted model work on a small repository in
${repository}
Six tasks, three builders, a planner and a reviewer. One review wants changes,
one check fails at first, two tasks conflict; all of it lands on main. It takes
a minute or two, and needs no key and no network.

`;
}

/** What the demo says when the CLI that it needs is not there. */
export const demoWithoutOpencode = `The demo drives the real opencode CLI, which is not on PATH.
Install it, then try again: npm install -g opencode-ai
`;

/** What the demo says at its end. */
export function renderDemoEnd(end: {
  /** `git log --oneline --graph`. */
  readonly log: string;
  readonly review: { readonly path: string; readonly text: string } | undefined;
  /** The repository, when it is kept. */
  readonly kept: string | undefined;
  readonly color: boolean;
}): string {
  const paint = painter(end.color);
  const bold = (text: string) => paint('bold', text);
  const indented = (text: string) => text.trimEnd().replace(/^(?=.)/gm, '  ');
  const review =
    end.review === undefined ? '' : `\n${bold('one review')}  ${end.review.path}\n${indented(end.review.text)}\n`;
  const place =
    end.kept === undefined
      ? 'The repository is gone again; keep it next time: oompa demo --keep'
      : `Look around: cd ${end.kept}`;
  return `
${bold('landed')}  git log --oneline --graph
${indented(end.log)}
${review}
${place}
Now in your own repository: oompa init
`;
}
