import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readKeys } from '../../../src/ui/view/keyboard.ts';
import type { Key } from '../../../src/ui/view/keys.ts';

/** A keyboard that sends its pieces one after the other, and the keys that were read. */
function keyboard() {
  const modes: boolean[] = [];
  const terminal = { setRawMode: (raw: boolean) => modes.push(raw), ref: () => undefined, unref: () => undefined };
  const stdin = Object.assign(new PassThrough(), terminal) as unknown as NodeJS.ReadStream;
  const keys: Key[] = [];
  const stop = readKeys(stdin, (key) => keys.push(key));
  onTestFinished(stop);
  const send = (...pieces: readonly string[]) => {
    for (const piece of pieces) stdin.emit('data', Buffer.from(piece));
  };
  return { keys, modes, send, stop };
}

const escape = '\u001b';
const patience = { timeout: 60_000 };

describe('the keyboard', () => {
  it.each([
    [escape, '[A'],
    [`${escape}[`, 'A'],
    [escape, '[', 'A'],
    [`${escape}O`, 'A'],
  ])('takes an arrow that comes in pieces for one: %j %j', (...pieces) => {
    const { keys, send } = keyboard();
    send(...pieces, 'j');
    expect(keys).toEqual(['up', { char: 'j' }]);
  });

  it('takes the pieces of a longer key for one, and what comes with them for itself', () => {
    const { keys, send } = keyboard();
    send(`d${escape}[5`, `~${escape}`, `[1;5`, 'Cq');
    expect(keys).toEqual([{ char: 'd' }, 'page-up', { char: 'q' }]);
  });

  it('takes Escape for itself when nothing comes after it, or another key', async () => {
    const { keys, send } = keyboard();
    send(escape, 'y', escape);
    expect(keys).toEqual(['escape', { char: 'y' }]);
    await vi.waitFor(() => expect(keys).toEqual(['escape', { char: 'y' }, 'escape']), patience);
  });

  it('gives no key any more after it was stopped', async () => {
    const { keys, modes, send, stop } = keyboard();
    const other = keyboard();
    send(escape);
    stop();
    other.send(escape);
    await vi.waitFor(() => expect(other.keys).toEqual(['escape']), patience);
    expect(keys).toEqual([]);
    expect(modes).toEqual([true, false]);
  });
});
