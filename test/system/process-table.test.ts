import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStat } from '../../src/system/proc.ts';
import {
  processesOf,
  readProcess,
  readProcessTable,
  variableOfEach,
  type ProcessEntry,
} from '../../src/system/process-table.ts';
import { orphan } from '../rig/orphan.ts';

const self = 10;

describe('the processes of a turn', () => {
  it('are those of its group and session, those with its mark, and what came of them', () => {
    const table = [
      entry(1, { parent: 0 }),
      entry(self, { parent: 1 }),
      entry(100, { parent: self, group: 100, session: 100 }),
      entry(101, { parent: 100, group: 100, session: 100 }),
      entry(102, { parent: 1, group: 102, session: 100 }),
      entry(103, { parent: 1, group: 103, session: 103, marked: true }),
      entry(104, { parent: 103, group: 104, session: 104 }),
      entry(200, { parent: self, group: 200, session: 200 }),
    ];
    expect(pids(processesOf(table, { group: 100, leaderAlive: true }, self))).toEqual([100, 101, 102, 103, 104]);
  });

  it('are not those of a stranger who was given the id of the group after it had gone', () => {
    const stranger = [entry(100, { parent: 1, group: 100 }), entry(300, { parent: 100, group: 100 })];
    expect(processesOf(stranger, { group: 100, leaderAlive: false }, self)).toEqual([]);
  });

  it('are those of the group without its leader, whose id nobody else can have meanwhile', () => {
    const left = [entry(101, { parent: 1, group: 100, session: 100 })];
    expect(pids(processesOf(left, { group: 100, leaderAlive: false }, self))).toEqual([101]);
  });

  it('are those of the group while a zombie is all that is left of its leader', () => {
    const table = [
      entry(100, { parent: 1, group: 100, startedAt: '7', zombie: true }),
      entry(101, { parent: 1, group: 100 }),
    ];
    expect(pids(processesOf(table, { group: 100, leaderAlive: false, since: '7' }, self))).toEqual([101]);
    expect(processesOf(table, { group: 100, leaderAlive: false, since: '6' }, self)).toEqual([]);
  });

  it('are not what oompa has started itself, where only what others left is looked for', () => {
    const table = [
      entry(100, { parent: 1, marked: true }),
      entry(101, { parent: 100 }),
      entry(self, { parent: 101, marked: true }),
      entry(11, { parent: self, marked: true }),
      entry(12, { parent: 11, marked: true }),
    ];
    expect(pids(processesOf(table, { leaderAlive: false, sparesOwn: true }, self))).toEqual([100, 101]);
    expect(pids(processesOf(table, { leaderAlive: false }, self))).toEqual([100, 101, 11, 12]);
  });

  it('are never oompa itself, even if it runs inside such a turn, nor zombies', () => {
    const table = [
      entry(self, { parent: 1, marked: true }),
      entry(11, { parent: self }),
      entry(12, { parent: 1, marked: true, zombie: true }),
    ];
    expect(processesOf(table, { leaderAlive: false }, self)).toEqual([]);
  });
});

describe.skipIf(!existsSync('/proc/self/environ'))('the table of processes', () => {
  it('knows by its mark also what has just begun to be another program', async () => {
    const script = 'while :; do setsid sleep 0.01 & sleep 0; done';
    const options = { detached: true, stdio: 'ignore', env: { ...process.env, OOMPA_LOOKS: 'here' } } as const;
    const { pid: leader = 0 } = spawn('sh', ['-c', script], options);
    try {
      const { startedAt = '' } = (await readProcessTable(''))?.find(({ pid }) => pid === leader) ?? {};
      let seen = 0;
      for (let looks = 0; looks < 800; looks += 1) {
        const table = (await readProcessTable('OOMPA_LOOKS=here', startedAt)) ?? [];
        const own = table.filter(({ pid, parent, zombie }) => (pid === leader || parent === leader) && !zombie);
        seen += own.length;
        // One that is ending has no environment any more.
        expect(own.filter(({ pid, marked }) => marked !== true && environOf(pid) !== '')).toEqual([]);
      }
      expect(seen).toBeGreaterThan(800);
    } finally {
      process.kill(-leader, 'SIGKILL');
    }
  }, 60_000);

  it('knows the variable of a process that becomes another program again and again', async () => {
    await orphan('exec sh -c "$AGAIN"', { AGAIN: 'exec sh -c "$AGAIN"', OOMPA_LOOKS: 'again, and again' });
    for (let looks = 0; looks < 300; looks += 1) {
      expect(await variableOfEach('OOMPA_LOOKS')).toContain('again, and again');
    }
  }, 60_000);

  it('does not wait for threads of the kernel, which never have an environment', () => {
    expect(parseStat(`2 (kthreadd) S 0 0 0 0 -1 2129984 ${rest}`)).toEqual({
      parent: 0,
      group: 0,
      session: 0,
      startedAt: '24',
      zombie: false,
      kernel: true,
    });
    expect(parseStat(`77 (a (b) c) Z 7 70 71 0 -1 4194560 ${rest}`)).toEqual({
      parent: 7,
      group: 70,
      session: 71,
      startedAt: '24',
      zombie: true,
      kernel: false,
    });
    // As root, the only one who may look at them; in many containers there are none to be seen.
    for (const pid of [1, 2, 3]) expect(readProcess(pid, 'OOMPA_LOOKS=here')?.marked ?? false).toBe(false);
  });
});

/** What follows the flags in /proc/PID/stat; the 13th is the start. */
const rest = '0 0 0 0 0 1 0 0 20 0 1 0 24 0 0 18446744073709551615';

function environOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'latin1');
  } catch {
    return '';
  }
}

function entry(pid: number, more: Partial<ProcessEntry>): ProcessEntry {
  return { pid, parent: 1, group: pid, session: pid, startedAt: '1', zombie: false, marked: false, ...more };
}

function pids(found: readonly ProcessEntry[]): number[] {
  return found.map(({ pid }) => pid);
}
