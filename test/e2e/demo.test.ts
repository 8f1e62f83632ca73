import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWithCli } from '../rig/clis.ts';

describeWithCli('opencode', 'the demo', () => {
  test('shows the whole main job for somebody with an empty home, and leaves that home alone', async () => {
    const home = await mkdtemp(join(tmpdir(), 'oompa-newcomer-'));
    try {
      const { code, output } = await runDemo({ ...process.env, HOME: home, NO_COLOR: '1' });
      expect(code, output).toBe(0);
      expect(output).toContain('6 tasks landed');
      expect(output).toContain('planner: count-words: Count the words of a text');
      expect(output).toMatch(/review {2}builders-\d truncate-text: round 1 needs changes/);
      expect(output).toMatch(/verify {2}builders-\d slugify-titles: node --test failed/);
      expect(output).toMatch(
        /merge {3}builders-\d greet-in-(french|spanish): conflicts with main in src\/greetings\.js/,
      );
      expect(output).toMatch(/\* {3}[0-9a-f]{7} Say in the README how to use it/);
      expect(output).toMatch(/one review {2}runs\/.*\.md/);
      expect(output.trimEnd().split('\n').at(-1)).toBe('Now in your own repository: oompa init');
      expect(await readdir(home)).toEqual([]);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});

function runDemo(env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('node_modules/.bin/tsx', ['src/cli.ts', 'demo', '--plain'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}
