import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { abortSessions } from '../../../src/harness/serve/abort.ts';
import { attachAddress } from '../../../src/harness/serve/attach.ts';
import { checkServer } from '../../../src/harness/serve/health.ts';
import { clientEnvironment } from '../../../src/harness/serve/server.ts';

describe('the server to attach to', () => {
  it('is none unless one is named', () => {
    expect(attachAddress({}, {})).toBeUndefined();
    expect(attachAddress({}, { OOMPA_OPENCODE_ATTACH: '', OPENCODE_ATTACH: ' ' })).toBeUndefined();
  });

  it.each([
    [
      'the config before the variables',
      { attach: 'http://a:1' },
      { OOMPA_OPENCODE_ATTACH: 'http://b:1' },
      'http://a:1',
    ],
    ['oompa’s own variable', {}, { OOMPA_OPENCODE_ATTACH: 'http://b:1', OPENCODE_ATTACH: 'http://c:1' }, 'http://b:1'],
    ['the other variable', {}, { OPENCODE_ATTACH: 'http://c:1' }, 'http://c:1'],
    ['an address with a path', {}, { OPENCODE_ATTACH: ' https://c/opencode/ ' }, 'https://c/opencode'],
  ])('is taken from %s', (_what, settings, env, url) => {
    expect(attachAddress(settings, env)).toMatchObject({ kind: 'server', server: { url } });
  });

  it('comes with the password that the CLI would use', () => {
    const env = { OPENCODE_SERVER_PASSWORD: 'secret', OPENCODE_SERVER_USERNAME: 'me' };
    expect(attachAddress({ attach: 'http://a:1' }, env)).toEqual({
      kind: 'server',
      source: '`harnesses.opencode.attach`',
      server: { url: 'http://a:1', password: 'secret', username: 'me' },
    });
  });

  it.each([
    [{ attach: 'localhost:4096' }, {}, '`harnesses.opencode.attach` is not an address such as http://127.0.0.1:4096'],
    [{}, { OOMPA_OPENCODE_ATTACH: '4096' }, 'OOMPA_OPENCODE_ATTACH is not an address such as http://127.0.0.1:4096'],
    [
      {},
      { OPENCODE_ATTACH: 'http://me:pw@a' },
      'OPENCODE_ATTACH holds a password; set OPENCODE_SERVER_PASSWORD instead',
    ],
  ])('that can’t be one is a value that says where it stands, not what it is: %j %j', (settings, env, detail) => {
    expect(attachAddress(settings, env)).toMatchObject({ kind: 'bad-address', detail });
  });
});

describe('what a client needs', () => {
  it('is the password, and no proxy between it and this machine', () => {
    const server = { url: 'http://127.0.0.1:4096', password: 'secret' };
    expect(clientEnvironment(server, { no_proxy: 'intranet', HTTP_PROXY: 'http://proxy' })).toEqual({
      OPENCODE_SERVER_PASSWORD: 'secret',
      NO_PROXY: 'intranet,127.0.0.1',
      no_proxy: 'intranet,127.0.0.1',
    });
    expect(clientEnvironment({ url: 'https://far.example', username: 'me' }, {})).toEqual({
      OPENCODE_SERVER_USERNAME: 'me',
    });
  });
});

describe('the health of a server', () => {
  it('is good when it says so', async () => {
    const url = await serverThat((_request, response) => response.end('{"healthy":true,"version":"1.18.33"}'));
    expect(await checkServer({ url }, 20_000)).toEqual({ kind: 'healthy', version: '1.18.33' });
  });

  it.each([
    ['not well', 500, '{"healthy":false}', 'is no opencode server, or too old a one (status 500)'],
    ['not well', 200, '{"healthy":false}', 'says that it is not well (status 200)'],
    ['a page for browsers', 200, '<!doctype html>', 'is no opencode server, or too old a one (status 200)'],
    ['elsewhere', 302, '', 'is no opencode server, or too old a one (status 302)'],
  ])('is refused by one that is %s', async (_what, status, body, detail) => {
    const url = await serverThat((_request, response) => response.writeHead(status, { location: '/' }).end(body));
    expect(await checkServer({ url }, 20_000)).toEqual({ kind: 'refused', detail: `${url} ${detail}` });
  });

  it('is told apart by whether a password is missing or wrong', async () => {
    const url = await serverThat((_request, response) => response.writeHead(401).end());
    const detail = `${url} wants a password; set OPENCODE_SERVER_PASSWORD`;
    expect(await checkServer({ url }, 20_000)).toEqual({ kind: 'refused', detail });
    const wrong = `${url} does not take the one in OPENCODE_SERVER_PASSWORD`;
    expect(await checkServer({ url, password: 'x' }, 20_000)).toEqual({ kind: 'refused', detail: wrong });
  });

  it('is unknown where nobody answers, or not in time, or not in HTTP', async () => {
    // Nobody may listen there but root, and fetch does not refuse it by itself.
    const gone = 'http://127.0.0.1:5';
    const detail = `${gone} does not answer: ECONNREFUSED`;
    expect(await checkServer({ url: gone }, 20_000)).toEqual({ kind: 'unreachable', detail });
    const mute = await serverThat(() => undefined);
    const late = `${mute} does not answer: nothing came within 0.05 s`;
    expect(await checkServer({ url: mute }, 50)).toEqual({ kind: 'unreachable', detail: late });
    const halved = await serverThat((_request, response) => response.writeHead(200).write('{"heal'));
    expect(await checkServer({ url: halved }, 50)).toMatchObject({ kind: 'unreachable' });
    const cut = await serverThat((request) => request.socket.destroy());
    expect(await checkServer({ url: cut }, 20_000)).toMatchObject({ kind: 'unreachable' });
  });
});

describe('stopping the sessions of a folder', () => {
  it('stops those that are at work, children and retries included, and no others', async () => {
    const asked: string[] = [];
    const url = await serverThat((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const sessions = { ses_1: { type: 'busy' }, ses_2: { type: 'retry', attempt: 1 }, ses_3: { type: 'idle' } };
      response.end(JSON.stringify(request.method === 'GET' ? sessions : true));
    });
    expect(await abortSessions({ url }, '/repo/a b', 20_000)).toEqual({ kind: 'aborted' });
    expect(asked.sort()).toEqual([
      'GET /session/status?directory=%2Frepo%2Fa%20b',
      'POST /session/ses_1/abort',
      'POST /session/ses_2/abort',
    ]);
  });

  it('never takes longer than its limit, and says when it could not', async () => {
    const mute = await serverThat(() => undefined);
    expect(await abortSessions({ url: mute }, '/work', 50)).toMatchObject({ kind: 'not-aborted' });
    const closed = await serverThat((_request, response) => response.writeHead(401).end());
    const detail = `${closed} answers with status 401`;
    expect(await abortSessions({ url: closed }, '/work', 20_000)).toEqual({ kind: 'not-aborted', detail });
    const half = await serverThat((request, response) =>
      request.method === 'GET' ? response.end('{"ses_1":{"type":"busy"}}') : response.writeHead(500).end(),
    );
    expect(await abortSessions({ url: half }, '/work', 20_000)).toMatchObject({ kind: 'not-aborted' });
  });
});

/** The address of a server on this machine that answers so. */
async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}
