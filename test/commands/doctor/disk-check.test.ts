import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskCheck, diskVerdict } from '../../../src/commands/doctor/disk-check.ts';

const floor = 1e9;

describe('diskVerdict', () => {
  it.each([
    [80e9, 'ok', 'disk 80 GB free'],
    [5e9, 'ok', 'disk 5.0 GB free'],
    [4.99e9, 'warn', 'disk 5.0 GB free'],
    [1e9, 'warn', 'disk 1.0 GB free'],
    [999e6, 'fail', 'disk 999 MB free'],
    [0, 'fail', 'disk 0 MB free'],
  ])('of %d bytes is %s', (bytes, status, text) => {
    expect(diskVerdict(bytes, floor)).toMatchObject({ status, text });
  });

  it('says what the floor is and how to make room', () => {
    expect(diskVerdict(0, floor).hint).toBe(
      'limits.free_disk asks for 1.0 GB: workers wait until there is room; old worktrees go with: oompa cleanup',
    );
  });
});

describe('diskCheck', () => {
  it('asks the file system of the folder', () => {
    expect(diskCheck(tmpdir(), 1).text).toMatch(/^disk \d+(\.\d)? [MG]B free$/);
  });

  it('warns where nothing can be told', () => {
    expect(diskCheck(join(tmpdir(), 'oompa-is-not-here', 'at-all'), floor).status).toBe('warn');
  });
});
