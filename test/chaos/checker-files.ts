import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

/** The user's own files are as they were, and nothing that oompa has written is half there. */
export async function checkFiles(
  workspace: Workspace,
  { torn, takenBack = [] }: { readonly torn: number; readonly takenBack?: readonly string[] },
): Promise<string[]> {
  return [
    ...(await checkUserFiles(workspace, takenBack)),
    ...(await checkClaims(workspace)),
    ...(await checkRuns(workspace, torn)),
  ];
}

async function checkUserFiles(
  { root, userFiles, scene, git }: Workspace,
  takenBack: readonly string[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, text] of Object.entries(userFiles).filter(([each]) => !takenBack.includes(each))) {
    const now = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (now !== text) problems.push(`the user's ${path} was changed: ${JSON.stringify(now)}`);
  }
  const head = await git('symbolic-ref', 'HEAD');
  const own = scene.main === 'checked-out' ? 'refs/heads/main' : 'refs/heads/desk';
  if (head !== own) problems.push(`the user's checkout is on ${head}, not on ${own}`);
  const dirty = (await git('status', '--porcelain', '-z')).split('\0').filter((line) => line !== '');
  const allowed = Object.keys(userFiles);
  const strange = dirty.filter((line) => !allowed.includes(line.slice(3)));
  const clean = allowed.filter((path) => !takenBack.includes(path) && !dirty.some((line) => line.slice(3) === path));
  return [
    ...problems,
    ...strange.map((line) => `the user's checkout shows a change that is not the user's: ${line}`),
    ...clean.map((path) => `the user's ${path} is no longer uncommitted`),
  ];
}

async function checkClaims({ root }: Workspace): Promise<string[]> {
  const folder = join(root, '.oompa', 'claims');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  );
  return texts.filter(([, text]) => !isJson(text)).map(([name, text]) => `.oompa/claims/${name} is torn: ${text}`);
}

async function checkRuns({ root }: Workspace, torn: number): Promise<string[]> {
  const runs = await readdir(join(root, 'runs')).catch(() => []);
  const problems: string[] = [];
  let found = 0;
  for (const run of runs) {
    const text = await readFile(join(root, 'runs', run, 'events.jsonl'), 'utf8').catch(() => '');
    const bad = text.split('\n').filter((line) => line !== '' && !isJson(line));
    found += bad.length;
    if (found > torn) problems.push(`runs/${run}/events.jsonl is torn: ${bad.join(' · ').slice(0, 200)}`);
    const summary = await readFile(join(root, 'runs', run, 'summary.json'), 'utf8').catch(() => '{}');
    if (!isJson(summary)) problems.push(`runs/${run}/summary.json is torn`);
  }
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
