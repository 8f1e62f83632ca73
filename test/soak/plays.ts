import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fate } from './fates.ts';
import { frequent } from './plan.ts';
import { voices } from './voices.ts';
import type { Voice } from './voices.ts';

/** What somebody is asked for. */
export type Role = 'worker' | 'reviewer';

/** What agent.sh does for one fate. */
interface Play {
  readonly out?: readonly string[];
  readonly err?: string;
  readonly busy?: string;
  /** As agent.sh knows it. */
  readonly ends: string;
  /** Leaves something in the worktree first. */
  readonly works?: true;
  /** Holds on until it is let go, with `busy` for a sign of life. */
  readonly waits?: true;
}

/** Writes what every CLI does for every fate that it can have. `toMeet`: the failures that are to be shown at least once. */
export async function writePlays(folder: string, toMeet: readonly Fate[]): Promise<void> {
  for (const [name, voice] of Object.entries(voices)) {
    for (const role of ['worker', 'reviewer'] as const) {
      const plays = playsOf(voice, role);
      await mkdir(join(folder, name, role), { recursive: true });
      const own = (fates: readonly Fate[]) => fates.filter((fate) => fate in plays).join('\n');
      await writeFile(join(folder, name, role, 'instead'), own(frequent));
      await writeFile(join(folder, name, role, 'to-meet'), own(toMeet));
      for (const [fate, play] of Object.entries(plays)) {
        const place = join(folder, name, role, fate);
        await mkdir(place, { recursive: true });
        await writeFile(join(place, 'out'), (play.out ?? []).map((line) => `${line}\n`).join(''));
        await writeFile(join(place, 'err'), play.err ?? '');
        await writeFile(join(place, 'ends'), play.ends);
        if (play.busy !== undefined) await writeFile(join(place, 'busy'), `${play.busy}\n`);
        if (play.works === true) await writeFile(join(place, 'works'), '');
        if (play.waits === true) await writeFile(join(place, 'waits'), '');
      }
    }
  }
}

function playsOf(voice: Voice, role: Role): Partial<Record<Fate, Play>> {
  const told = Object.entries(voice.fails).map(([fate, { out = [], err = '', exit }]): [string, Play] => [
    fate,
    { out, err, ends: goesOn.has(fate) ? 'hang' : `exit-${String(exit)}` },
  ]);
  return {
    ...Object.fromEntries(told),
    ...silentFailures(voice, role),
    ...answers(voice, role),
    ...oddities(voice, role),
  };
}

/** A refused login is refused again and again by a CLI that does not give up; who uses too much does not know. */
const goesOn: ReadonlySet<string> = new Set(['auth', 'over-budget']);

/** Failures that look much the same, whatever the CLI. */
function silentFailures({ begun, busy }: Voice, role: Role): Partial<Record<Fate, Play>> {
  const half = role === 'worker' ? ({ works: true } as const) : {};
  return {
    'no-output': { ends: 'exit-0' },
    crashed: { out: begun, ends: 'exit-3', ...half },
    killed: { out: begun, ends: 'segv', ...half },
    silent: { out: begun, ends: 'hang', ...half },
    stubborn: { out: begun, ends: 'stubborn', ...half },
    timeout: { out: begun, busy, ends: 'talk', ...half },
    'output-too-large': { out: begun, ends: 'flood', ...half },
    stopped: { out: begun, busy, ends: 'talk', ...half },
  };
}

function answers(voice: Voice, role: Role): Partial<Record<Fate, Play>> {
  const says = (text: string): Play => ({ out: voice.says(text), ends: 'exit-0' });
  return role === 'worker'
    ? {
        well: { ...says(ready), works: true },
        rambles: { ...says('There is more to do.'), works: true },
        waits: { ...says(ready), works: true, waits: true, busy: voice.busy },
      }
    : {
        well: says(approved),
        'needs-changes': says('It needs a test.\n\nVERDICT: NEEDS_CHANGES'),
        rejects: says('This is the wrong way.\n\nVERDICT: REJECTED'),
        ambiguous: says('It may be fine, or not.'),
      };
}

function oddities(voice: Voice, role: Role): Partial<Record<Fate, Play>> {
  const out = voice.says(role === 'worker' ? ready : approved);
  const whole = role === 'worker' ? ({ out, works: true } as const) : { out };
  return {
    child: { ...whole, ends: 'child' },
    'holds-output': { ...whole, ends: 'holds-output' },
    vanishes: { ...whole, ends: 'vanishes' },
    locks: { ...whole, ends: 'locks' },
    ...(voice.hasEnd ? { finished: { ...whole, ends: 'hang' } } : {}),
  };
}

const ready = 'It is done.\n\nCOMPLETE_AND_READY_FOR_MERGE';
const approved = 'It is what was asked for.\n\nVERDICT: APPROVED';
