import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ownIdentity } from '../../system/process-identity.ts';
import type { ClaimNote } from './claim-note.ts';
import { isOwnerAlive, parseObject, readOrNothing } from './claim-note.ts';

/** Says which tasks this process is just claiming, between winning the file and writing the note. */
export interface ClaimMarker {
  begin(id: string): void;
  end(id: string): void;
  close(): void;
}

/** A marker of this process's own. It need not survive a power cut, which ends the process too. */
export function openMarker(claims: string): ClaimMarker {
  const path = join(claims, `${markerPrefix}${process.pid}-${randomUUID()}`);
  const ids = new Set<string>();
  const { pid, start } = ownIdentity();
  const write = () => {
    writeFileSync(`${path}.tmp`, JSON.stringify({ pid, start, host: hostname(), ids: [...ids] }));
    renameSync(`${path}.tmp`, path);
  };
  return {
    begin(id) {
      ids.add(id);
      write();
    },
    end(id) {
      ids.delete(id);
      write();
    },
    close() {
      rmSync(path, { force: true });
    },
  };
}

/** The ids that live processes are just claiming. Removes the markers of dead ones. */
export function idsBeingClaimed(claims: string): Set<string> {
  const ids = new Set<string>();
  for (const name of listOrNothing(claims).filter((each) => each.startsWith(markerPrefix))) {
    const marker = parseMarker(readOrNothing(join(claims, name)) ?? '');
    if (marker === undefined) continue;
    if (!isOwnerAlive(marker)) rmSync(join(claims, name), { force: true });
    else for (const id of marker.ids) ids.add(id);
  }
  return ids;
}

const markerPrefix = '.claiming-';

interface Marker extends Pick<ClaimNote, 'pid' | 'start' | 'host'> {
  readonly ids: readonly string[];
}

function parseMarker(text: string): Marker | undefined {
  const marker = parseObject(text) as Partial<Marker>;
  return typeof marker.pid === 'number' && Array.isArray(marker.ids) ? (marker as Marker) : undefined;
}

function listOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
