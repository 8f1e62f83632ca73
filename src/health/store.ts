import { hostname } from 'node:os';
import { join } from 'node:path';
import { unreachable } from '../core/unreachable.ts';
import { withLock } from '../system/lock.ts';
import { ownIdentity } from '../system/process-identity.ts';
import type { HealthRecord, OwnedUse, Use } from './health-file.ts';
import { healthText, isLive, readHealthFile, writeHealthFile } from './health-file.ts';

/** What one run knows of its agents: the workspace's file, and its own memory where that can't be used. */
export interface Store {
  /** What is known now, with the uses of other runs whose process lives. Changes nothing and needs no lock. */
  look(): HealthRecord;
  /**
   * Does `step`, once, while no other run changes anything; then writes what it made of the agents, and this run's own uses.
   * Never rejects for a disk's sake: where the file can't be used, the run goes on with what it knows itself.
   */
  change<T>(step: (record: HealthRecord) => Step<T>): Promise<T>;
}

/** What a step makes of the agents, and what it gives. */
interface Step<T> {
  readonly agents: HealthRecord['agents'];
  readonly value: T;
}

interface StoreOptions {
  readonly workspace: string;
  readonly run: string;
  now(): number;
  /** What this run takes now. */
  ownUses(): readonly Use[];
  /** Told once, in one line. */
  onProblem(message: string): void;
}

/** A holder of the lock that is paused, or on another machine, is not waited for any longer. */
const lockLimitMs = 2000;

/** How long a run goes on by itself before it looks at the file again. */
const aloneMs = 30_000;

/** Opens what is known in a workspace; its file is made when something is first changed. */
export function openStore(options: StoreOptions): Store {
  const { workspace, run } = options;
  const path = join(workspace, '.oompa', 'health.json');
  const lock = join(workspace, '.oompa', 'health.lock');
  let known: HealthRecord<OwnedUse> = { agents: new Map(), uses: [] };
  /** What the file held when it was last read or written. */
  let onDisk: string | undefined;
  /** Whether memory knows of agents what the file does not, because that could not be written. */
  let isAhead = false;
  let aloneUntil = -Infinity;
  let isTold = false;

  function tell(why: string): void {
    if (!isTold) options.onProblem(`the limits of agents can't be shared with other runs in ${path}: ${why}`);
    isTold = true;
  }

  function goAlone(why: string): void {
    aloneUntil = options.now() + aloneMs;
    isAhead = true;
    known = { agents: known.agents, uses: [] };
    tell(why);
  }

  function isAlone(): boolean {
    return options.now() < aloneUntil;
  }

  function look(): HealthRecord {
    if (isAlone()) return known;
    const found = readHealthFile(path);
    onDisk = found.kind === 'read' ? found.text : undefined;
    switch (found.kind) {
      case 'read': {
        const uses = found.uses.filter((use) => use.run !== run && isLive(use));
        known = { agents: isAhead ? known.agents : found.agents, uses };
        break;
      }
      case 'none':
        known = { agents: isAhead ? known.agents : new Map(), uses: [] };
        break;
      case 'unreadable':
        tell(found.why);
        break;
      case 'newer':
        goAlone('it was written by a newer oompa');
        break;
      default:
        unreachable(found);
    }
    return known;
  }

  function perform<T>(step: (record: HealthRecord) => Step<T>): T {
    const { agents, value } = step(look());
    known = { ...known, agents };
    if (!isAlone()) write();
    return value;
  }

  function write(): void {
    const owner = { run, ...ownIdentity(), host: hostname() };
    const text = healthText({
      ...known,
      uses: [...known.uses, ...options.ownUses().map((use) => ({ ...owner, ...use }))],
    });
    try {
      if (text !== onDisk) writeHealthFile(path, text);
      isAhead = false;
    } catch (error) {
      isAhead = true;
      tell(messageOf(error));
    }
  }

  async function change<T>(step: (record: HealthRecord) => Step<T>): Promise<T> {
    if (isAlone()) return perform(step);
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(new Error('another process holds its lock and does not go on'));
    }, lockLimitMs);
    const work = { isBegun: false };
    const locked = () => {
      work.isBegun = true;
      return Promise.resolve(perform(step));
    };
    try {
      return await withLock(lock, locked, limit.signal);
    } catch (error) {
      if (work.isBegun) throw error;
      goAlone(messageOf(error));
      return perform(step);
    } finally {
      clearTimeout(timer);
    }
  }

  return { look, change };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
