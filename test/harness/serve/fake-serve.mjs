import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { URL } from 'node:url';

/*
 * Called as `opencode serve --hostname 127.0.0.1 --port N`, and like it as far as oompa sees it (1.18.33). Each start adds a line
 * to the file `starts` in its folder; those whose numbers are in FAKE_PORT_TAKEN or FAKE_MUTE (such as `1,2`) find their port
 * taken, or never listen. FAKE_STUBBORN: it does not heed SIGTERM. What the test makes it do is a path under /fake/.
 */
const { env } = process;
appendFileSync('starts', `${JSON.stringify({ pid: process.pid, args: process.argv.slice(2) })}\n`);
const start = String(readFileSync('starts', 'utf8').trim().split('\n').length);
const amongThose = (name) => (env[name] ?? '').split(',').includes(start);

if (amongThose('FAKE_PORT_TAKEN')) {
  process.stderr.write('\u001b[91m\u001b[1mError: \u001b[0mUnexpected error\n\nServeError\n');
  process.exit(1);
}
if (env.FAKE_STUBBORN !== undefined) process.on('SIGTERM', () => undefined);

const expected = `Basic ${Buffer.from(`opencode:${env.OPENCODE_SERVER_PASSWORD}`).toString('base64')}`;
let isWell = true;
let hangs = false;

const doings = {
  '/global/health': (answer) => answer(isWell ? 200 : 500, { healthy: isWell, version: '1.0.0-fake' }),
  '/session/status': (answer) => answer(200, {}),
  '/fake/die': () => process.exit(7),
  '/fake/fall-ill': (answer) => {
    isWell = false;
    answer(200, {});
  },
  '/fake/hang': (answer) => {
    hangs = true;
    answer(200, {});
  },
  '/fake/shout': (answer) => process.stdout.write(`${'x'.repeat(8 * 1024 * 1024)}\n`, () => answer(200, {})),
  /** A tool that its agent has put into the background, in a session of its own: in the folder that is asked for. */
  '/fake/tool': (answer, url) => {
    const options = { cwd: url.searchParams.get('folder'), detached: true, stdio: 'ignore' };
    const tool = spawn('sh', ['-c', 'trap "" TERM; sleep 600 & wait; wait'], options);
    answer(200, { pid: tool.pid });
  },
};

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const answer = (status, body) => response.writeHead(status).end(JSON.stringify(body));
  if (hangs) return;
  if (request.headers.authorization !== expected) answer(401, {});
  else doings[url.pathname](answer, url);
});
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
if (!amongThose('FAKE_MUTE')) {
  server.listen(port, '127.0.0.1', () => console.log(`opencode server listening on http://127.0.0.1:${port}`));
} else {
  spawn('sleep', ['600'], { stdio: 'ignore' });
}
