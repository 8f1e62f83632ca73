import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redactor } from '../../src/core/redact.ts';
import { openTranscript } from '../../src/harness/transcript.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oompa-transcript-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a transcript', () => {
  it('holds nothing of a private key whose lines come one by one', async () => {
    const path = join(folder, 'stdout');
    const transcript = await openTranscript(path, 1000, redactor([]));
    for (const line of ['a', '-----BEGIN RSA PRIVATE KEY-----', 'MIIE', 'MIIF', '-----END RSA PRIVATE KEY-----', 'b']) {
      await transcript.write([line]);
    }
    await transcript.close();
    expect(readFileSync(path, 'utf8')).toBe('a\n[redacted]\nb\n');
  });

  it('holds nothing of one that is cut off by the end of the turn', async () => {
    const path = join(folder, 'stdout');
    const transcript = await openTranscript(path, 1000, redactor([]));
    await transcript.write(['a', '-----BEGIN RSA PRIVATE KEY-----']);
    await transcript.write(['MIIE']);
    await transcript.close();
    expect(readFileSync(path, 'utf8')).toBe('a\n[redacted]');
  });

  it('ends at its limit with a note', async () => {
    const path = join(folder, 'stdout');
    const transcript = await openTranscript(path, 10, redactor([]));
    for (const line of ['12345678', '12345678', '12345678']) await transcript.write([line]);
    await transcript.close();
    expect(readFileSync(path, 'utf8')).toBe('12345678\n1\n[oompa: the rest was cut]\n');
  });
});
