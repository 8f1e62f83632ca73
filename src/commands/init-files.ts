/** The config that `oompa init` writes; `harness` is a CLI that was found on PATH. */
export function starterConfig(harness: string): string {
  return `# yaml-language-server: $schema=.oompa/schema.json
# What each key means: oompa schema, or hover in your editor. Check it with: oompa doctor

workers:
  - name: builders
    count: 2
    harness: ${harness} # opencode, claude, codex, gemini, or a name under harnesses:
    # model: provider/model
    prompts: [prompts/worker.md]

reviewer:
  harness: ${harness}
  prompts: [prompts/reviewer.md]
  max_rounds: 3

# Proposes tasks while fewer than max_pending wait:
# planner: { harness: ${harness}, prompts: [prompts/planner.md], max_pending: 10 }

# Run once in each new worktree:
# setup: [{ run: npm ci, when: [package-lock.json] }]

# Must pass on exactly the tree that would land:
# verify: [npm test]

# No iteration may touch these:
protect: [oompa.config.yaml, .github/**]
`;
}

/** A task file that shows all keys. */
export const starterTask = `# Copy this to tasks/pending/<short-name>.yaml. The title alone is enough.
title: Say what will be true when it is done
description: |
  What a newcomer to the code has to know.
acceptance:
  - something that a reviewer can check
# files: [src/**, test/**]    # all that it may touch
# depends_on: [other-task]    # must be complete first
# priority: 1                 # lower first
`;
