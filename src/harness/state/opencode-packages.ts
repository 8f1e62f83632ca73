import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { linkEntries, namesIn } from './links.ts';
import { makeFolder, replaceFile } from './write.ts';

/**
 * Keeps opencode from running `npm install` in a copy of the user's settings at every start. It installs its plug-in package
 * unless `node_modules` is there and the lock file names whatever package.json does; versions are not compared (read in
 * 1.18.33). Packages that the user has are linked to, one by one, so that plug-ins find them. Where the user has plug-ins or
 * tools and no packages, opencode installs what they need, into the slot.
 */
export async function seedPackages(users: string, slot: string): Promise<void> {
  const packages = join(users, 'node_modules');
  const [hasPackages, hasManifest] = [existsSync(packages), existsSync(join(users, 'package.json'))];
  if (!hasPackages && (hasManifest || extensions.some((name) => existsSync(join(users, name))))) return;
  const to = join(slot, 'node_modules');
  await makeFolder(to, slot);
  const names = await namesIn(packages);
  const scopes = names.filter((name) => name.startsWith('@'));
  await linkEntries(
    packages,
    to,
    names.filter((name) => name.startsWith('.') || name.startsWith('@')),
  );
  for (const scope of scopes) {
    await makeFolder(join(to, scope), slot);
    await linkEntries(join(packages, scope), join(to, scope));
  }
  if (hasManifest) return;
  const dependencies = { '@opencode-ai/plugin': '*' };
  await seed(slot, 'package.json', { dependencies });
  await seed(slot, 'package-lock.json', { lockfileVersion: 3, packages: { '': { dependencies } } });
}

/** What in a settings folder is code of the user's. */
const extensions = ['plugin', 'plugins', 'tool', 'tools'];

async function seed(folder: string, name: string, content: object): Promise<void> {
  const path = join(folder, name);
  if (!existsSync(path)) await replaceFile(path, JSON.stringify(content), { mode: 0o600, within: folder });
}
