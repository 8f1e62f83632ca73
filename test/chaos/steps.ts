/** The first that fits; what an operation is called says to which step of a run it belongs. */
const steps: readonly (readonly [string, RegExp])[] = [
  ['a moment', /at a moment/],
  ['turn', / (sh \S*agent\.sh|\S+ runs\/RUN\/turns\/\S+-t\d)/],
  ['review', /reviewer\.sh|runs\/RUN\/(reviews|turns\/\S+-r\d)/],
  ['verify', /verify|verified|sh -c/],
  ['land', /commit-tree|merge|landing\.lock|refs\/heads\/main OID|\^\{tree\}/],
  ['settle', /tasks\/(current\/\.|current\/\S+ → )|delete refs\/oompa\/claims/],
  ['claim', /tasks\/|claims|hash-object/],
  ['commit', /git (add|commit|diff|merge-base)/],
  ['worktree', /worktrees|switch|clean|reset|git status|tmp\//],
  ['log', /runs\/RUN/],
];

/** The step of a run that an operation, or what was done to it, belongs to. */
export function stepOf(done: string): string {
  return steps.find(([, pattern]) => pattern.test(done))?.[0] ?? 'start and end';
}
