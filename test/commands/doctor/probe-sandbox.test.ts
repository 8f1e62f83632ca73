import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeWithBwrap } from '../../harness/sandbox/stage.ts';
import { opencodeAnswer } from '../../rig/opencode-lines.ts';
import { temporaryFolder, temporaryRepository } from '../temporary.ts';
import { probed } from './probed.ts';

const wanted = 'workers: [{name: a, harness: opencode}]\nsandbox: bwrap\n';

/** A command that answers; variables of the shell's are put in. */
function saying(word: string): string {
  return `sed "s/@said@/${word}/" <<'END'\n${opencodeAnswer('s', '@said@').join('\n')}\nEND\n`;
}

describeWithBwrap('oompa doctor --probe, of a swarm in a sandbox', () => {
  it('asks in the sandbox that a run would have, without the server', async () => {
    const root = temporaryRepository({ 'oompa.config.yaml': wanted });
    const script = [
      `touch ${root}/written 2>/dev/null && said="outside $said"`,
      'git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m one && said="committed $said"',
      'touch "$XDG_DATA_HOME/mine" && said="kept $said"',
      'case "$*" in *--attach*) said="attached $said";; esac',
      saying('$said'),
    ].join('\n');
    const attach = { OOMPA_OPENCODE_ATTACH: 'http://127.0.0.1:9' };
    const { code, stdout } = await probed(root, { opencode: script }, {}, attach);
    expect(stdout).toContain('it said "kept committed"');
    expect(code).toBe(0);
    expect(existsSync(join(root, 'written'))).toBe(false);
  });

  it.each([
    ['with the network', 'bwrap', 'reached'],
    ['without it', '{use: bwrap, network: false}', 'alone'],
  ])('asks %s, as a run would', async (_how, sandbox, said) => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const root = temporaryRepository({ 'oompa.config.yaml': wanted.replace('bwrap', sandbox) });
    const reach = `bash -c ': < /dev/tcp/127.0.0.1/${port}' 2>/dev/null`;
    const script = `if ${reach}; then\n${saying('reached')}else\n${saying('alone')}fi`;
    expect((await probed(root, { opencode: script })).stdout).toContain(`it said "${said}"`);
  });
});

it('oompa doctor --probe asks nobody where the sandbox can’t be had', async () => {
  const seen = temporaryFolder();
  const root = temporaryRepository({ 'oompa.config.yaml': wanted });
  const { code, stdout } = await probed(
    root,
    { opencode: `touch ${seen}/asked` },
    {},
    { PATH: `${seen}:/bin-without-bwrap` },
  );
  expect(stdout).toContain('sandbox: `bwrap` is not on PATH');
  expect(stdout).not.toContain('Asks 1 agent');
  expect(existsSync(join(seen, 'asked'))).toBe(false);
  expect(code).toBe(1);
});
