// What a fake agent runs: it connects to the test that started it and does what that says, until told to exit.
// `linger` as its second argument makes it a process that an agent has left behind.
import { Buffer } from 'node:buffer';
import { execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [role, name, ...argv] = process.argv.slice(2);
const socket = connect(process.env.OOMPA_FAKE_AGENTS);
// The test is over, however that came about.
socket.on('error', () => process.exit(99)).on('close', () => process.exit(99));

const tell = (message) => socket.write(`${JSON.stringify(message)}\n`);
const orders = createInterface({ input: socket });

if (role === 'linger') {
  const [ignoresSigterm] = argv;
  if (ignoresSigterm === 'stubborn') process.on('SIGTERM', () => undefined);
  tell({ kind: 'lingerer', key: name, pid: process.pid });
} else {
  const stdin = await readAll(process.stdin);
  orders.on('line', (line) => obey(JSON.parse(line)));
  tell({ kind: 'agent', name, argv, cwd: process.cwd(), env: { ...process.env }, pid: process.pid, stdin });
}

async function obey({ id, order }) {
  tell({ kind: 'done', id, result: (await perform(order)) ?? null });
}

async function perform(order) {
  switch (order.kind) {
    case 'print': {
      const bytes = Buffer.from(order.base64, 'base64');
      return new Promise((resolve) => process[order.stream].write(bytes, () => resolve()));
    }
    case 'run':
      return new Promise((resolve) => {
        execFile('/bin/sh', ['-c', order.command], (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : (error.code ?? 1), output: stdout + stderr }),
        );
      });
    case 'ignore-sigterm':
      process.on('SIGTERM', () => undefined);
      return;
    case 'linger': {
      const options = {
        detached: order.ownSession,
        stdio: ['ignore', order.holdsOutput ? 'inherit' : 'ignore', 'ignore'],
      };
      const args = [process.argv[1], 'linger', order.key, order.stubborn ? 'stubborn' : ''];
      spawn(process.execPath, args, order.unmarked ? { ...options, env: unmarked() } : options).unref();
      return;
    }
    case 'exit':
      process.exit(order.code);
  }
}

function unmarked() {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== 'OOMPA_TURN'));
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
