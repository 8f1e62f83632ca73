import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { init } from '../../src/commands/init.ts';
import { schema } from '../../src/commands/schema.ts';
import { swarm } from '../../src/commands/swarm.ts';
import { loadConfig } from '../../src/config/load.ts';
import { builtInHarnesses } from '../../src/harness/registry.ts';
import { startFakeAgents } from '../rig/fake-agent.ts';
import { repository } from '../rig/repository.ts';
import { testIo } from './temporary.ts';

async function place(files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' }) {
  const repo = await repository(files);
  const agents = await startFakeAgents(['claude']);
  onTestFinished(async () => {
    await agents.close();
    await repo.remove();
  });
  return { repo, ...testIo(repo.path, { env: { ...process.env, PATH: `${agents.binDir}:/usr/bin:/bin` } }) };
}

describe('oompa init', () => {
  it('writes a config for a CLI that is there, which has no problems, and ignores what is not for commits', async () => {
    const { repo, io, printed } = await place();
    expect(await init({}, io)).toBe(0);
    const path = join(repo.path, 'oompa.config.yaml');
    const loaded = await loadConfig({ path, workspace: repo.path, knownHarnesses: builtInHarnesses });
    expect(loaded).toMatchObject({ kind: 'loaded', config: { workers: [{ harness: 'claude' }] } });
    expect(await repo.git('status', '--porcelain', '--untracked-files=all')).toBe(
      ' M .gitignore\n?? oompa.config.yaml\n?? prompts/planner.md\n?? prompts/reviewer.md\n?? prompts/worker.md',
    );
    expect(printed.stdout).toMatch(/wrote {2}oompa\.config\.yaml/);
  });

  it('overwrites nothing, and says what it found', async () => {
    const { repo, io, printed } = await place({
      'oompa.config.yaml': '# mine\n',
      '.gitignore': 'tasks/\n.oompa\n/runs/',
    });
    expect(await init({}, io)).toBe(0);
    expect(await repo.read('oompa.config.yaml')).toBe('# mine\n');
    expect(await repo.read('.gitignore')).toBe('tasks/\n.oompa\n/runs/');
    expect(printed.stdout).toMatch(/kept {3}oompa\.config\.yaml/);
    expect(printed.stdout).toMatch(/kept {3}\.gitignore/);
  });

  it('points editors at the schema that oompa prints', async () => {
    const { repo, io } = await place();
    await init({}, io);
    expect(await repo.read('oompa.config.yaml')).toMatch(/^# yaml-language-server: \$schema=\.oompa\/schema\.json\n/);
    const other = testIo(repo.path);
    await schema({}, other.io);
    expect(await readFile(join(repo.path, '.oompa', 'schema.json'), 'utf8')).toBe(other.printed.stdout);
  });

  it('gives a workspace whose plan can be shown at once', async () => {
    const { repo, io } = await place();
    await init({}, io);
    await repo.write('tasks/pending/b.yaml', 'title: B\ndepends_on: [a]\n');
    await repo.write('tasks/pending/a.yaml', 'title: A\n');
    const shown = testIo(repo.path, { env: io.env });
    expect(await swarm({ dryRun: true }, shown.io)).toBe(0);
    expect(shown.printed.stdout).toMatch(/builders-1 {2}claude {2}reviewed by claude/);
    expect(shown.printed.stdout).toMatch(/a {2}A\n {2}b {2}B {2}\(after a\)/);
    expect(await repo.git('for-each-ref', 'refs/heads/oompa')).toBe('');
  });
});
