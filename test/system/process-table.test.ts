import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ofEachProcess, parseStat, processStat } from '../../src/system/proc.ts';
import {
  processesOf,
  readProcess,
  readProcessTable,
  variableOfEach,
  type ProcessEntry,
} from '../../src/system/process-table.ts';
import { orphan, until } from '../rig/orphan.ts';

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
      const looks = await lookAgain(800, async () => {
        const table = (await readProcessTable('OOMPA_LOOKS=here', startedAt)) ?? [];
        const own = table.filter(({ pid, parent, zombie }) => (pid === leader || parent === leader) && !zombie);
        seen += own.length;
        // One that is ending has no environment any more.
        expect(own.filter(({ pid, marked }) => marked !== true && environOf(pid) !== '')).toEqual([]);
      });
      expect(seen).toBeGreaterThan(looks);
    } finally {
      process.kill(-leader, 'SIGKILL');
    }
  });

  it('knows the variable of a process that becomes another program again and again', async () => {
    await orphan('exec sh -c "$AGAIN"', { AGAIN: 'exec sh -c "$AGAIN"', OOMPA_LOOKS: 'again, and again' });
    await lookAgain(300, async () => {
      expect(await variableOfEach('OOMPA_LOOKS')).toContain('again, and again');
    });
  });

  it('knows what was handed on by one that ended before it was asked, and by those after it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'oompa-relay-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const FIFO = join(folder, 'fifo');
    execFileSync('mkfifo', [FIFO]);
    // Each waits for a line, starts the next one, and ends.
    const RELAY = 'read _ <"$FIFO" || exit; sh -c "$RELAY" &';
    const { pid: first } = await orphan('exec sh -c "$RELAY"', { RELAY, FIFO });
    const lines = openSync(FIFO, 'r+');
    let handedOn = 0;
    const found = await ofEachProcess(
      (pid) => {
        const isOurs = processStat(pid)?.session === first;
        if (isOurs && handedOn < 3) {
          handedOn += 1;
          writeSync(lines, '\n');
          untilEnded(pid);
        }
        return isOurs ? processStat(pid)?.zombie === false : undefined;
      },
      () => false,
    );
    closeSync(lines);
    expect(found?.filter((lives) => lives !== undefined)).toEqual([false, false, false, true]);
  });

  it('does not wait for an environment that never comes', async () => {
    const without = await orphan('exec env -i sleep 600');
    await until(() => commandOf(without.pid).startsWith('sleep'));
    expect(readProcess(without.pid, 'OOMPA_LOOKS=here')?.marked).toBe(false);
    // As root, the only one who may look at the kernel's threads; in many containers there are none to be seen.
    for (const pid of [1, 2, 3]) expect(readProcess(pid, 'OOMPA_LOOKS=here')?.marked ?? false).toBe(false);
  });
});

describe('what Linux tells of a process', () => {
  const rest = (...memory: [endOfCode: number, environment: number, endOfEnvironment: number]) =>
    `0 0 0 0 0 1 0 0 20 0 1 0 24 0 0 18446744073709551615 9 ${String(memory[0])} ${'0 '.repeat(21)}9 ${memory.slice(1).join(' ')} 0`;

  it.each([
    ['a thread of the kernel', `2 (kthreadd) S 0 0 0 0 -1 2129984 ${rest(0, 0, 0)}`, true],
    ['one in the middle of an exec', `77 (sh) R 7 70 71 0 -1 4194304 ${rest(0, 0, 0)}`, false],
    ['one whose environment is being put in its place', `77 (sh) R 7 70 71 0 -1 4194304 ${rest(0, 9, 9)}`, false],
    ['one with an environment', `77 (sh) R 7 70 71 0 -1 4194304 ${rest(9, 9, 10)}`, false],
    ['one without', `77 (sh) R 7 70 71 0 -1 4194304 ${rest(9, 9, 9)}`, true],
    ["a stranger's", `77 (sh) R 7 70 71 0 -1 4194304 ${rest(1, 0, 0)}`, true],
  ])('whether its environment is still to come: %s', (_who, line, withoutEnvironment) => {
    expect(parseStat(line)).toMatchObject({ startedAt: '24', zombie: false, withoutEnvironment });
  });

  it('who it is, whatever its name', () => {
    expect(parseStat(`77 (a (b) c) Z 7 70 71 0 -1 4194560 ${rest(0, 0, 0)}`)).toEqual({
      parent: 7,
      group: 70,
      session: 71,
      startedAt: '24',
      zombie: true,
      withoutEnvironment: true,
    });
  });
});

/** Does not let go of the thread: nothing else is read meanwhile. */
function untilEnded(pid: number): void {
  for (const deadline = performance.now() + 60_000; processStat(pid)?.zombie === false;) {
    if (performance.now() > deadline) throw new Error(`${String(pid)} has not ended within a minute`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

function environOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'latin1');
  } catch {
    return '';
  }
}

/** Looks so many times, or for ten seconds where a look takes long: what it looks for is missed by chance only. Gives how often it did. */
async function lookAgain(most: number, look: () => Promise<void>): Promise<number> {
  const deadline = performance.now() + 10_000;
  for (let looks = 1; ; looks += 1) {
    await look();
    if (looks === most || performance.now() > deadline) return looks;
  }
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1');
}

function entry(pid: number, more: Partial<ProcessEntry>): ProcessEntry {
  return { pid, parent: 1, group: pid, session: pid, startedAt: '1', zombie: false, marked: false, ...more };
}

function pids(found: readonly ProcessEntry[]): number[] {
  return found.map(({ pid }) => pid);
}
