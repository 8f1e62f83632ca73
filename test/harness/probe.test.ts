import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claude } from '../../src/harness/claude.ts';
import { findBinary, probeVersion } from '../../src/harness/probe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-probe-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the search for a program', () => {
  it('takes the first executable file on the PATH', () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    mkdirSync(join(first, 'agent'), { recursive: true });
    mkdirSync(second);
    program(join(second, 'agent'), '');
    writeFileSync(join(first, 'plain'), '');
    expect(findBinary('agent', [first, second].join(delimiter))).toBe(join(second, 'agent'));
    expect(findBinary('plain', first)).toBeUndefined();
    expect(findBinary(join(second, 'agent'), '')).toBe(join(second, 'agent'));
  });
});

describe('a CLI', () => {
  it('that answers has a version', async () => {
    program(join(folder, 'claude'), 'echo "2.1.329 (Claude Code)"');
    expect(await probe()).toMatchObject({ kind: 'answers', version: '2.1.329' });
  });

  it('that says far too much has a version that fits into a line, or a reason that does', async () => {
    const flood = 'head -c 1000000 /dev/zero | tr "\\0" x';
    program(join(folder, 'claude'), flood);
    expect(await probe()).toMatchObject({ kind: 'answers', version: 'x'.repeat(40) });
    program(join(folder, 'claude'), `${flood} >&2; exit 1`);
    const broken = await probe();
    expect(broken.kind === 'broken' && broken.detail.length).toBeLessThan(500);
  });

  it('that is not there is missing', async () => {
    expect(await probe()).toEqual({ kind: 'missing' });
  });

  it('that fails is broken, in its own words', async () => {
    program(join(folder, 'claude'), 'echo "no such library" >&2; exit 127');
    expect(await probe()).toMatchObject({
      kind: 'broken',
      detail: expect.stringContaining('no such library') as string,
    });
  });

  it('that does not answer is broken, and does not stay', async () => {
    const pidFile = join(folder, 'pid');
    program(join(folder, 'claude'), `echo $$ > ${pidFile}; trap "" TERM; while :; do read line < /dev/zero; done`);
    expect(await probe(300)).toMatchObject({
      kind: 'broken',
      detail: expect.stringContaining('within 0.3 s') as string,
    });
  });
});

function probe(limitMs = 20_000) {
  return probeVersion(claude, {}, { env: { PATH: `${folder}${delimiter}/usr/bin${delimiter}/bin` }, limitMs });
}

function program(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}
