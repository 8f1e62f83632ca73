import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskCheck, diskVerdict } from '../../../src/commands/doctor/disk-check.ts';

describe('diskVerdict', () => {
  it.each([
    [80e9, 'ok', 'disk 80 GB free'],
    [5e9, 'ok', 'disk 5.0 GB free'],
    [4.99e9, 'warn', 'disk 5.0 GB free'],
    [500e6, 'warn', 'disk 500 MB free'],
    [499e6, 'fail', 'disk 499 MB free'],
    [0, 'fail', 'disk 0 MB free'],
  ])('of %d bytes is %s', (bytes, status, text) => {
    expect(diskVerdict(bytes)).toMatchObject({ status, text });
  });
});

describe('diskCheck', () => {
  it('asks the file system of the folder', async () => {
    expect((await diskCheck(tmpdir())).text).toMatch(/^disk \d+(\.\d)? [MG]B free$/);
  });

  it('warns where nothing can be told', async () => {
    const check = await diskCheck(join(tmpdir(), 'oompa-is-not-here', 'at-all'));
    expect(check.status).toBe('warn');
    expect(check.text).toContain('ENOENT');
  });
});
