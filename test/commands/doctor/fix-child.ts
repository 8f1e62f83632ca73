import { doctor } from '../../../src/commands/doctor.ts';

/** `oompa doctor --fix` in a process of its own, to be killed in the middle. */
process.exitCode = await doctor(
  { fix: true },
  {
    cwd: process.cwd(),
    stdout: () => undefined,
    stderr: (text) => void process.stderr.write(text),
    color: false,
    columns: 80,
    terminal: undefined,
    now: () => new Date(),
    env: process.env,
    onStop: () => undefined,
  },
);
