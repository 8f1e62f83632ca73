import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBwrap } from '../../../src/harness/sandbox/bwrap.ts';
import { describeWithBwrap } from './stage.ts';

describe('looking for bubblewrap', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oompa-bwrap-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('says that it is missing, and what to do', async () => {
    expect(await findBwrap({ PATH: folder })).toEqual({
      kind: 'missing',
      remedy: 'install bubblewrap (Linux only), or set sandbox: none',
    });
  });

  it('says in its own words why the system refuses it', async () => {
    const path = join(folder, 'bwrap');
    await writeFile(path, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n');
    await chmod(path, 0o755);
    expect(await findBwrap({ PATH: folder })).toMatchObject({
      ...{ kind: 'refused', path, detail: 'bwrap: No permissions to create new namespace' },
      remedy: expect.stringMatching(/user namespaces.* or set sandbox: none$/) as unknown,
    });
  });
});

describeWithBwrap('a bubblewrap that works', (bwrap) => {
  it('is found', async () => {
    expect(await findBwrap(process.env)).toEqual({ kind: 'found', path: bwrap });
  });
});
