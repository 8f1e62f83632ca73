import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redactor } from '../../src/core/redact.ts';
import { openShellOutput } from '../../src/system/shell-output.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-output-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = '-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nMIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----\n';

/** What log and tail hold after these bits of output. */
async function after(...bits: readonly string[]): Promise<{ readonly log: string; readonly tail: string }> {
  const path = join(folder, 'a.log');
  const output = await openShellOutput(path, redactor(['hunter2-hunter2']));
  for (const bit of bits) output.take(Buffer.from(bit, 'latin1'));
  const tail = await output.end();
  return { log: readFileSync(path, 'utf8'), tail };
}

function both(text: string): { readonly log: string; readonly tail: string } {
  return { log: text, tail: text };
}

describe('the output of a command', () => {
  it('is the same in the log and in its tail, also without a last newline', async () => {
    expect(await after('one\ntw', 'o\nthree')).toEqual(both('one\ntwo\nthree'));
  });

  it('may come with its characters in halves', async () => {
    expect(await after('\xc3', '\xa9 \xe2\x82', '\xac\n')).toEqual(both('é €\n'));
  });

  it('holds no secret that comes in two parts', async () => {
    expect(await after('a hunter2-', 'hunter2 b\n')).toEqual(both('a [redacted] b\n'));
  });

  it('holds no key whose lines come one by one', async () => {
    expect(await after('a\n', ...key.split(/(?<=\n)/), 'b\n')).toEqual(both('a\n[redacted]\nb\n'));
  });

  it('holds nothing of a key in a tail that would begin in the middle of it', async () => {
    const { tail } = await after(key.replace('MIIE', `MIIE${'A'.repeat(10_000)}`), 'last\n');
    expect(tail).toBe('[redacted]\nlast\n');
  });

  it('is written although a line does not end, and no secret is parted by that', async () => {
    const words = 'word '.repeat(50_000);
    const bits = [words, words.slice(0, -4), 'hunter2-', 'hunter2 ', words];
    const { log } = await after(...bits);
    expect(log).toBe(bits.join('').replace('hunter2-hunter2', '[redacted]'));
  });
});
