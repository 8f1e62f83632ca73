import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { FailureKind } from '../core/failure.ts';
import type { AgentHealth } from '../core/health.ts';
import { errorCode, temporaryFor } from '../system/files.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import { isAlive } from '../system/process-identity.ts';

/** What one run takes of one agent. */
export interface Use {
  /** `claude sonnet`. */
  readonly agent: string;
  /** Turns at work. */
  readonly inFlight: number;
  /** Somebody waits since `since`, and was still there at `seen`: milliseconds since the epoch. */
  readonly waiting?: { readonly since: number; readonly seen: number };
}

/** The same, with the process that has written it down. */
export interface OwnedUse extends Use, ProcessIdentity {
  readonly run: string;
  readonly host: string;
}

/** What all runs of a workspace know. */
export interface HealthRecord<U extends Use = Use> {
  readonly agents: ReadonlyMap<string, AgentHealth>;
  readonly uses: readonly U[];
}

/** What became of a look at the file. */
export type HealthFile =
  | ({ readonly kind: 'read'; readonly text: string } & HealthRecord<OwnedUse>)
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly why: string }
  /** Written by a newer oompa: to be left alone. */
  | { readonly kind: 'newer' };

/** Raised when an older oompa could not make sense of what is written. */
const version = 1;

const whole = z.number().int().min(0);

const plainBar = z.object({
  // Whoever wrote it knew the kinds of this version.
  why: z.string().transform((kind) => kind as FailureKind),
  detail: z.string(),
  at: z.number(),
  until: z.number(),
  inARow: whole,
  isNamed: z.literal(true).exactOptional(),
  since: z.number(),
  credentialStamp: z.number().exactOptional(),
});

const bar = plainBar.extend({ under: plainBar.exactOptional() });

const schema = z.object({
  version: z.literal(version),
  agents: z.record(
    z.string(),
    z.object({ cap: z.number().int().min(1).exactOptional(), successes: whole, bar: bar.exactOptional() }),
  ),
  uses: z.array(
    z.object({
      run: z.string(),
      pid: z.number(),
      start: z.string(),
      host: z.string(),
      agent: z.string(),
      inFlight: whole,
      waiting: z.object({ since: z.number(), seen: z.number() }).exactOptional(),
    }),
  ),
});

const newer = z.object({ version: z.number().min(version + 1) });

/** Reads the file at `path`, which is whole whenever it is looked at. */
export function readHealthFile(path: string): HealthFile {
  try {
    const text = readFileSync(path, 'utf8');
    const value: unknown = JSON.parse(text);
    if (newer.safeParse(value).success) return { kind: 'newer' };
    const found = schema.safeParse(value);
    if (!found.success) return { kind: 'unreadable', why: 'it does not hold what oompa writes' };
    return { kind: 'read', text, agents: new Map(Object.entries(found.data.agents)), uses: found.data.uses };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'none' };
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) };
  }
}

/** The text of a file that holds this. */
export function healthText({ agents, uses }: HealthRecord<OwnedUse>): string {
  return `${JSON.stringify({ version, agents: Object.fromEntries(agents), uses }, undefined, 2)}\n`;
}

/**
 * Replaces the file at `path`: whoever reads it sees the old text or the new one. A power cut may lose it, and only what can be
 * learnt again is lost. Throws node's own error when the disk fails.
 */
export function writeHealthFile(path: string, text: string): void {
  const temporary = temporaryFor(path);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Whether the process that wrote this still runs. What another machine's do can't be seen, so they never count. */
export function isLive({ pid, start, host }: OwnedUse): boolean {
  return host === hostname() && isAlive(pid, start);
}
