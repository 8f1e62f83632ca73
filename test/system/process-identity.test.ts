import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identityOf, isAlive, ownIdentity } from '../../src/system/process-identity.ts';

describe('the identity of a process', () => {
  it('is the same at every look', () => {
    expect(identityOf(process.pid)).toEqual(ownIdentity());
    expect(isAlive(ownIdentity().pid, ownIdentity().start)).toBe(true);
  });

  it('is that of a live process until it has ended', async () => {
    // A name with a space and a parenthesis is what breaks naive readers of /proc/<pid>/stat.
    const child = spawn(process.execPath, ['-e', 'process.title = "a) R 1"; process.stdin.resume(); console.log()']);
    await once(child.stdout, 'data');
    const identity = identityOf(child.pid!);
    expect(identity?.start).toMatch(/\S/);
    expect(identity?.start).not.toBe(ownIdentity().start);
    expect(isAlive(child.pid!, identity?.start)).toBe(true);
    expect(isAlive(child.pid!, undefined)).toBe(true);
    child.stdin.end();
    await once(child, 'exit');
    expect(isAlive(child.pid!, identity?.start)).toBe(false);
  });

  it('is not that of another process with the same number', () => {
    expect(isAlive(process.pid, 'another start')).toBe(false);
  });

  it.each([0, -1, 1.5, NaN, 2 ** 31])('does not exist for %d', (pid) => {
    expect(identityOf(pid)).toBeUndefined();
    expect(isAlive(pid, undefined)).toBe(false);
  });
});
