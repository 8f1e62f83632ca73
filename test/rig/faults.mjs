/**
 * A preload (`node --import …/faults.mjs`) that makes a program fail where a test says so; the program itself knows nothing of it.
 * Every change to files below `root`, every process that is started and every question to a long-lived git is an operation:
 * numbered, named, and written to `record`. CHAOS_FAULTS holds a JSON object:
 *
 *   root    folder below which operations count
 *   record  file that takes a line for each operation: its number, a tab, its name
 *   fault   optional: { at, side, act, code, times, all }
 *     at     { number } or { name, occurrence }, from 1; a name that ends in `…` means all that begin so
 *     side   'before' | 'half' (of the bytes, where bytes are written) | 'after' | 'ended' (of a process: when it has ended; of a question: when it was answered, but nobody hears the answer)
 *     act    'kill' (SIGKILL to the program itself) | 'stop' (SIGSTOP) | 'fail' (with `code`)
 *     times  how often it strikes; 1 when left out. A process is killed once only.
 *     all    true: once it has struck, every operation on files is meant
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patchFiles } from './faults-files.mjs';
import { patchProcesses } from './faults-processes.mjs';

const plan = JSON.parse(process.env.CHAOS_FAULTS ?? '{}');
if (plan.root !== undefined) install();

function install() {
  // Taken before anything is patched: writing the record is no operation.
  const { openSync, writeSync } = fs;
  const record = openSync(plan.record, 'a');
  const say = (text) => writeSync(record, `${text}\n`);
  const met = new Map();
  let number = 0;
  let struck = 0;

  /** Numbers an operation, and says what is to happen to it; undefined = nothing. */
  function meet(name, isOnFile = false) {
    number += 1;
    const occurrence = (met.get(name) ?? 0) + 1;
    met.set(name, occurrence);
    say(`${number}\t${name}`);
    const { fault } = plan;
    if (fault === undefined || struck >= (fault.times ?? 1)) return undefined;
    const isNext = struck > 0 && fault.all === true && isOnFile;
    if (!isNext && !isMeant(fault.at, { number, name, occurrence, since: struck })) return undefined;
    struck += 1;
    return { side: fault.side, strike: (system) => strike(fault, name, system) };
  }

  function strike({ act, side, code }, name, system) {
    say(`!\t${act} ${side} ${name}`);
    if (act === 'kill') process.kill(process.pid, 'SIGKILL');
    if (act !== 'stop') return errorOf(code, system);
    process.kill(process.pid, 'SIGSTOP');
    return undefined;
  }

  patchFiles({ meet: (name) => meet(name, true), shorten }, plan.root);
  patchProcesses({ meet, shorten });
  syncBuiltinESMExports();
}

/** Once a fault has struck by its place, the further ones of `times` follow wherever the name fits. */
function isMeant(at, { number, name, occurrence, since }) {
  if (at.number !== undefined) return since > 0 || at.number === number;
  const fits = at.name.endsWith('…') ? name.startsWith(at.name.slice(0, -1)) : at.name === name;
  return fits && (at.name.endsWith('…') || since > 0 || at.occurrence === occurrence);
}

/** As node words errors of the operating system (20.20). */
function errorOf(code, { syscall, path }) {
  const [errno, text] = errors[code];
  const where = path === undefined ? '' : ` '${path}'`;
  return Object.assign(new Error(`${code}: ${text}, ${syscall}${where}`), { errno, code, syscall, path });
}

const errors = {
  ENOSPC: [-28, 'no space left on device'],
  EIO: [-5, 'i/o error'],
  EACCES: [-13, 'permission denied'],
};

/** Where agents of tests stand: `<rig>/chaos/agent.sh`. */
const rig = dirname(dirname(fileURLToPath(import.meta.url)));

/** A name that is the same in every run: no ids, times, process numbers, or places of this machine. */
function shorten(text) {
  return text
    .replaceAll(`${plan.root}/`, '')
    .replaceAll(plan.root, '.')
    .replaceAll(dirname(plan.root), '..')
    .replaceAll(dirname(dirname(plan.root)), '../..')
    .replaceAll(`${rig}/`, '')
    .replace(/(?<=(remade|salvage)-)[\w-]+/g, 'RANDOM')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/\b\d{8}T\d{6}-[0-9a-z]+/g, 'RUN')
    .replace(/\b[0-9a-f]{40}\b/g, 'OID')
    .replace(/\b[0-9a-f]{16}\b/g, 'DIGEST')
    .replace(/(?<=-)[0-9a-f]{10}(?=-\d+\.log)/g, 'TREE')
    .replace(/\b[0-9a-f]{8}-\d+\b/g, 'START')
    .replace(/\d{3,}/g, 'N')
    .replace(/\s+/g, ' ')
    .slice(0, 160);
}
