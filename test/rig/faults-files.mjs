import fs from 'node:fs';
import { Buffer } from 'node:buffer';
import { URL } from 'node:url';

/**
 * Puts `meet` before everything in `node:fs` that changes files below `root`: sync, promises, and those callbacks that streams
 * and `promisify` use. What node does inside of one operation (an open within writeFileSync) is part of it.
 */
export function patchFiles({ meet, shorten }, root) {
  const paths = new Map();
  const original = { ...fs, promises: { ...fs.promises } };
  let inside = false;

  const isOurs = (path) => path === root || path.startsWith(`${root}/`);
  const textOf = (path) =>
    typeof path === 'number' ? (paths.get(path) ?? '') : path instanceof URL ? path.pathname : String(path);

  /** What an operation is called; undefined when it is none. */
  function nameOf({ verb, two, last, opens, descriptor }, args) {
    const path = textOf(args[0]);
    if (opens && !writes(args[1])) return undefined;
    if (descriptor && !paths.has(args[0])) return undefined;
    // The text of a symbolic link may be anything: it is named by where it lies.
    const other = two || last ? textOf(args[1]) : '';
    if (!isOurs(path) && !isOurs(other)) return undefined;
    return shorten(two ? `${verb} ${path} → ${other}` : `${verb} ${last ? other : path}`);
  }

  function patchSync(name, kind) {
    const perform = original[name];
    fs[name] = (...args) => {
      const called = inside ? undefined : nameOf(kind, args);
      if (called === undefined) return perform(...args);
      const fault = meet(called);
      const system = { syscall: kind.verb, path: textOf(args[0]) };
      const strike = () => throwing(fault.strike(system));
      if (fault?.side === 'before') strike();
      inside = true;
      try {
        if (fault?.side === 'half') {
          writeHalf(original, name, args);
          strike();
        }
        const result = perform(...args);
        if (kind.opens) paths.set(result, textOf(args[0]));
        if (isLate(fault)) strike();
        return result;
      } finally {
        inside = false;
      }
    };
  }

  function patchCallback(name, kind) {
    const perform = original[name];
    fs[name] = (...args) => {
      const called = nameOf(kind, args);
      if (called === undefined) return perform(...args);
      const fault = meet(called);
      const system = { syscall: kind.verb, path: textOf(args[0]) };
      const done = args.at(-1);
      if (fault?.side === 'half') writeHalf(original, `${name}Sync`, args.slice(0, -1));
      const early = fault === undefined || isLate(fault) ? undefined : fault.strike(system);
      if (early !== undefined) return process.nextTick(done, early);
      return perform(...args.slice(0, -1), (error, ...results) => {
        if (kind.opens && !error) paths.set(results[0], textOf(args[0]));
        done((isLate(fault) ? fault.strike(system) : undefined) ?? error, ...results);
      });
    };
  }

  function patchPromise(name, kind) {
    const perform = original.promises[name];
    fs.promises[name] = async (...args) => {
      const called = nameOf(kind, args);
      if (called === undefined) return perform(...args);
      const fault = meet(called);
      const system = { syscall: kind.verb, path: textOf(args[0]) };
      const strike = () => throwing(fault.strike(system));
      if (fault?.side === 'before') strike();
      if (fault?.side === 'half') {
        writeHalf(original, `${name}Sync`, args);
        strike();
      }
      const result = await perform(...args);
      if (isLate(fault)) strike();
      return kind.opens ? patchHandle(result, textOf(args[0])) : result;
    };
  }

  /** A file that `fs.promises.open` has opened. */
  function patchHandle(handle, path) {
    for (const [name, verb] of handleMethods) {
      const perform = handle[name].bind(handle);
      handle[name] = async (...args) => {
        const fault = meet(shorten(`${verb} ${path}`));
        const strike = () => throwing(fault.strike({ syscall: verb, path }));
        if (fault?.side === 'before') strike();
        if (fault?.side === 'half' && verb === 'write') {
          original.writeSync(handle.fd, halfOf(args[0]));
          strike();
        }
        const result = await perform(...args);
        if (isLate(fault)) strike();
        return result;
      };
    }
    return handle;
  }

  for (const [name, kind] of Object.entries(kinds)) {
    patchSync(`${name}Sync`, kind);
    if (callbacks.has(name)) patchCallback(name, kind);
    if (Object.hasOwn(original.promises, name)) patchPromise(name, kind);
  }
  for (const name of ['closeSync', 'close']) {
    fs[name] = (descriptor, ...rest) => {
      paths.delete(descriptor);
      return original[name](descriptor, ...rest);
    };
  }
}

const kinds = {
  open: { verb: 'open', opens: true },
  write: { verb: 'write', descriptor: true },
  writev: { verb: 'write', descriptor: true },
  writeFile: { verb: 'write' },
  appendFile: { verb: 'append' },
  fsync: { verb: 'fsync', descriptor: true },
  fdatasync: { verb: 'fdatasync', descriptor: true },
  ftruncate: { verb: 'truncate', descriptor: true },
  truncate: { verb: 'truncate' },
  rename: { verb: 'rename', two: true },
  link: { verb: 'link', two: true },
  symlink: { verb: 'symlink', last: true },
  copyFile: { verb: 'copy', two: true },
  cp: { verb: 'copy', two: true },
  unlink: { verb: 'unlink' },
  rm: { verb: 'rm' },
  rmdir: { verb: 'rmdir' },
  mkdir: { verb: 'mkdir' },
  mkdtemp: { verb: 'mkdtemp' },
  utimes: { verb: 'utimes' },
  lutimes: { verb: 'utimes' },
  futimes: { verb: 'utimes', descriptor: true },
  chmod: { verb: 'chmod' },
};

/** Streams use those that open and write; the others are called by way of `promisify`. node's own `rm` calls further ones. */
const callbacks = new Set(['open', 'write', 'writev', 'fsync', 'fdatasync']);

const handleMethods = [
  ['write', 'write'],
  ['writeFile', 'write'],
  ['appendFile', 'write'],
  ['sync', 'fsync'],
  ['datasync', 'fdatasync'],
  ['truncate', 'truncate'],
];

function writes(flags) {
  return typeof flags === 'string' ? /[wa+]/.test(flags) : typeof flags === 'number' && (flags & 3) !== 0;
}

/** Nothing is written by operations that have no halves. */
function writeHalf(original, name, [target, data, ...rest]) {
  if (name === 'writeSync') original.writeSync(target, halfOf(data));
  else if (name === 'writeFileSync' || name === 'appendFileSync') original[name](target, halfOf(data), ...rest);
}

function halfOf(data) {
  const bytes = Buffer.from(data);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

/** A program that was only stopped goes on as if nothing had been. */
function throwing(error) {
  if (error !== undefined) throw error;
}

function isLate(fault) {
  return fault !== undefined && (fault.side === 'after' || fault.side === 'ended');
}
