import { noteStarting } from '../../src/runs/starting.ts';

/** Writes a run down and waits, to be killed in between: `starting-child.ts <workspace> <id>`. */
const [workspace = '', id = ''] = process.argv.slice(2);
const noted = noteStarting(workspace, { id, now: new Date() });
process.stdout.write(`${noted.kind}\n`);
setInterval(() => undefined, 60_000);
