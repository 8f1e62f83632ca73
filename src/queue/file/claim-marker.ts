import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ownIdentity } from '../../system/process-identity.ts';
import { isOwnerAlive } from './claim-note.ts';
import type { Places } from './places.ts';
import { markerFolder } from './places.ts';

/** Says which tasks this process is just claiming, between winning the file and writing the note. */
export interface ClaimMarker {
  begin(id: string): void;
  end(id: string): void;
}

/** The marker of this process: an empty file a task, whose name tells all. It need not survive a power cut, which ends the process too. */
export function openMarker(places: Places): ClaimMarker {
  const folder = markerFolder(places);
  const { pid, start } = ownIdentity();
  const path = (id: string) => join(folder, [id, pid, start, hostname()].map(encodeURIComponent).join(separator));
  return {
    begin(id) {
      writeFileSync(path(id), '');
    },
    end(id) {
      rmSync(path(id), { force: true });
    },
  };
}

/** The ids that live processes are just claiming. Removes the markers of dead ones. */
export function idsBeingClaimed(places: Places): Set<string> {
  const folder = markerFolder(places);
  mkdirSync(folder, { recursive: true });
  const ids = new Set<string>();
  for (const name of readdirSync(folder)) {
    const [id = '', pid = '', start = '', host = ''] = name.split(separator).map(decodeURIComponent);
    if (isOwnerAlive({ pid: Number(pid), start, host })) ids.add(id);
    else rmSync(join(folder, name), { force: true });
  }
  return ids;
}

/** Neither ids nor encoded texts hold it. */
const separator = ',';
