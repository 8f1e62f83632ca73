import { openManagedServer } from '../../../src/harness/serve/managed-server.ts';
import { openProcessNotes } from '../../../src/system/process-notes.ts';

/** An oompa of its own that has a server up, says so, and waits to be killed. */
const [workspace = '', binary = ''] = process.argv.slice(2);
const managed = openManagedServer({
  ...{ binary, cwd: workspace, password: 'secret', onEvent: () => undefined },
  env: { PATH: process.env['PATH'] ?? '' },
  note: openProcessNotes(workspace, 'run-1').as('opencode serve'),
});
await managed.during(workspace, async (way) => {
  process.send?.(way.kind);
  await new Promise((resolve) => setInterval(resolve, 2 ** 30));
});
