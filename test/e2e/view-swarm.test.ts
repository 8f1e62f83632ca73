import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readRun } from '../../src/runs/read-runs.ts';
import { startFakeAgents } from '../rig/fake-agent.ts';
import { repository } from '../rig/repository.ts';
import { describeWithTmux, oompaCommand, openTerminal } from '../rig/tmux.ts';

describeWithTmux('oompa swarm on a terminal', () => {
  it('shows what its agents say, lets one finish at the press of a key, and leaves the summary', async () => {
    const repo = await repository({
      'oompa.config.yaml': 'workers: [{ name: builders, harness: opencode }]\nnotify: [{ run: exit 7, on: [ended] }]\n',
      '.gitignore': '.oompa/\nruns/\ntasks/\n',
    });
    for (const id of ['first', 'second']) await repo.write(`tasks/pending/${id}.yaml`, `title: The ${id} one\n`);
    const agents = await startFakeAgents();
    onTestFinished(async () => {
      await agents.close();
      await repo.remove();
    });
    const terminal = await openTerminal({ cwd: repo.path, columns: 80, rows: 24, env: agents.env });
    await terminal.type(`env -u CI -u NO_COLOR ${oompaCommand('swarm')}`);
    const agent = await agents.next();
    await terminal.until((screen) => /builders-1 +first +turn 1, opencode/.test(screen));

    await terminal.press('q');
    await terminal.until((screen) => screen.includes('takes no new tasks'));
    await agent.run('echo done > done.txt');
    await agent.answer('It is done.\n\nCOMPLETE_AND_READY_FOR_MERGE');
    const end = await terminal.until((screen) => screen.endsWith('\n$'));
    expect(end).toContain('report: runs/');
    expect(await terminal.everything()).toMatch(/first +landed/);
    // What goes wrong in the last moments is said where it stays.
    expect(end).toContain('notify: `exit 7`: exit code 7');
    expect(existsSync(join(repo.path, 'tasks', 'pending', 'second.yaml'))).toBe(true);

    const found = await readRun(repo.path, 'latest');
    expect(found).toMatchObject({ kind: 'found', run: { life: 'ended', state: { end: { why: 'drained' } } } });
    const folder = found.kind === 'found' ? found.run.folder : '';
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });
});
