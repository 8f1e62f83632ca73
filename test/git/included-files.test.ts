import { expect, it, onTestFinished } from 'vitest';
import { includedFiles } from '../../src/git/included-files.ts';
import { repository } from '../rig/repository.ts';

it('finds the ignored files that .worktreeinclude names, and nothing else', async () => {
  const repo = await repository({ '.gitignore': '.oompa/\n.env*\n*.pem\n', 'tracked.env': 'x' });
  onTestFinished(() => repo.remove());
  for (const path of ['.env.local', 'app/.env', 'key.pem', 'plain.txt', '.oompa/.env']) await repo.write(path, 'x');
  expect(await includedFiles(repo.path)).toEqual([]);
  await repo.write('.worktreeinclude', '# secrets\n.env*\n!.env.example\nplain.txt\n');
  await repo.write('.env.example', 'x');
  expect(await includedFiles(repo.path)).toEqual(['.env.local', 'app/.env']);
});
