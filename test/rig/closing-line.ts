import type { Reporter, TestModule } from 'vitest/node';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Ends the output with `N passed, N failed, N skipped` on a line of its own; never `0 failed` when vitest exits non-zero. */
export function closingLine(): Reporter {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  return {
    onInit: () => {
      // At exit, because vitest may still have something to say after its last test.
      process.once('exit', (code) => {
        process.stdout.write(`${format(code === 0 ? counts : withFailure(counts))}\n`);
      });
    },
    onTestRunEnd: (modules, unhandledErrors) => {
      counts = count(modules, unhandledErrors.length);
    },
  };
}

function count(modules: readonly TestModule[], unhandledErrors: number): Counts {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const of = (state: (typeof states)[number]) => states.filter((each) => each === state).length;
  // A file that doesn't load and a hook that throws have no test to blame, and a test that never ended has not passed.
  const blameless = modules.flatMap((module) => [module, ...module.children.allSuites()]).flatMap((at) => at.errors());
  const failed = of('failed') + of('pending') + blameless.length + unhandledErrors;
  return { passed: of('passed'), failed, skipped: of('skipped') };
}

function withFailure(counts: Counts): Counts {
  return { ...counts, failed: Math.max(1, counts.failed) };
}

function format({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
