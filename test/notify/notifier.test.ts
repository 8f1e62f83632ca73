import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { redactor } from '../../src/core/redact.ts';
import { identityOf, isAlive } from '../../src/system/process-identity.ts';
import { readProcessNotes } from '../../src/system/process-notes.ts';
import { at } from '../rig/example-run.ts';
import {
  command,
  everything,
  failed,
  held,
  lineIn,
  noticesIn,
  notifying,
  over,
  program,
  server,
  webhook,
} from './order.ts';

const keep = 'cat >> told.jsonl';

describe('what is told', () => {
  it('is what the target asks for, in order', async () => {
    const { notifier, workspace } = await notifying([
      { ...command('cat >> failed.jsonl'), on: ['failed'] },
      { ...command('cat >> rest.jsonl'), on: ['held', 'ended'] },
    ]);
    for (const event of [failed('a'), held('b', ['x']), failed('c'), over]) notifier.onEvent(event);
    await notifier.close();
    const tasks = (await noticesIn(join(workspace, 'failed.jsonl'))).map((notice) => 'task' in notice && notice.task);
    expect(tasks).toEqual(['a', 'c']);
    expect((await noticesIn(join(workspace, 'rest.jsonl'))).map(({ event }) => event)).toEqual(['held', 'ended']);
  });

  it('is not that held work still waits for the same paths', async () => {
    const { notifier, workspace } = await notifying([command(keep)]);
    for (const paths of [['x', 'y'], ['y', 'x'], ['y'], ['y']]) notifier.onEvent(held('b', paths));
    await notifier.close();
    const told = await noticesIn(join(workspace, 'told.jsonl'));
    expect(told.map((notice) => 'paths' in notice && notice.paths)).toEqual([['x', 'y'], ['y']]);
  });

  it('is no budget of a single turn', async () => {
    const { notifier, workspace } = await notifying([command(keep)]);
    const budget = { name: '', what: 'tokens', limit: 5, spent: 6, hard: true } as const;
    notifier.onEvent(at(1, { type: 'budget:reached', scope: 'turn', ...budget }));
    notifier.onEvent(at(1, { type: 'budget:reached', scope: 'run', ...budget }));
    await notifier.close();
    const [notice, ...more] = await noticesIn(join(workspace, 'told.jsonl'));
    expect(notice).toMatchObject({ event: 'budget', budget: { scope: 'run', limit: 5, spent: 6 } });
    expect(more).toEqual([]);
  });
});

describe('a command', () => {
  it('gets the notice on standard input, in the workspace; the run keeps both sides', async () => {
    const { notifier, workspace } = await notifying([command('cat > told.json; echo thanks')]);
    notifier.onEvent(failed('a'));
    await notifier.close();
    const told = await readFile(join(workspace, 'told.json'), 'utf8');
    expect(JSON.parse(told)).toMatchObject({ version: 1, id: 'a-run-1', event: 'failed', task: 'a', run: 'a-run' });
    const notices = join(workspace, 'runs', 'a-run', 'notices');
    expect(await readFile(join(notices, '1-1.json'), 'utf8')).toBe(told);
    expect(await readFile(join(notices, '1-1.log'), 'utf8')).toBe('thanks\n');
  });

  it('that fails is a problem once, and is called again', async () => {
    const { notifier, workspace, problems } = await notifying([command(`${keep}; exit 3`)]);
    for (const task of ['a', 'b', 'c']) notifier.onEvent(failed(task));
    await notifier.close();
    expect(await noticesIn(join(workspace, 'told.jsonl'))).toHaveLength(3);
    expect(problems).toEqual([
      'notify: `cat >> told.jsonl; exit 3`: exit code 3 (runs/a-run/notices/1-1.log); if it fails again, that is not said any more',
    ]);
  });

  it('that hangs is ended at its time limit, and the next notice is told', async () => {
    const { notifier, workspace, problems } = await notifying([
      command(`${keep}; [ -e once ] || { > once; sleep 1000; }`, 700),
    ]);
    notifier.onEvent(failed('a'));
    notifier.onEvent(failed('b'));
    await vi.waitFor(() => expect(problems).toHaveLength(1), { timeout: 60_000 });
    expect(problems[0]).toContain('it was ended after its limit of 0.7 s');
    await notifier.close();
    expect(await noticesIn(join(workspace, 'told.jsonl'))).toMatchObject([{ task: 'a' }, { task: 'b' }]);
  });

  it('is ended with all that it started, and is written down until then', async () => {
    const hangs = 'setsid sh -c "echo \\$\\$ > pid; exec sleep 1000" & wait';
    const { notifier, workspace } = await notifying([command(hangs)]);
    notifier.onEvent(failed('a'));
    const found = identityOf(Number(await lineIn(join(workspace, 'pid'))));
    expect((await readProcessNotes(workspace)).map(({ note }) => note?.what)).toEqual([hangs]);
    await notifier.close(AbortSignal.abort());
    expect(found !== undefined && isAlive(found.pid, found.start)).toBe(false);
    expect(await readProcessNotes(workspace)).toEqual([]);
  });
});

describe('the end of a run', () => {
  it('waits no longer for a command than its time limit allows', async () => {
    const { notifier, workspace } = await notifying([command(`${keep}; sleep 1000`, 200)]);
    for (let n = 1; n <= 20; n += 1) notifier.onEvent(failed(`t${String(n)}`));
    await notifier.close();
    expect((await noticesIn(join(workspace, 'told.jsonl'))).length).toBeLessThan(10);
  });

  it('is at once when somebody presses Ctrl-C again', async () => {
    const hanging = await server('hang');
    const { notifier, workspace, problems } = await notifying([
      webhook(hanging.url, {}, 3_600_000),
      command('echo > begun; exec sleep 1000', 3_600_000),
    ]);
    const asked = hanging.next();
    notifier.onEvent(failed('a'));
    notifier.onEvent(failed('b'));
    const stopping = new AbortController();
    const closed = notifier.close(stopping.signal);
    await Promise.all([asked, lineIn(join(workspace, 'begun'))]);
    stopping.abort();
    await closed;
    expect(problems.map((problem) => problem.replace(/.*: /, '')).sort()).toEqual([
      'oompa ended before 2 of its notices arrived',
      'oompa ended before 2 of its notices arrived',
    ]);
  });

  it('still tells who is quick when the run was stopped', async () => {
    let rung = 0;
    const { notifier } = await notifying([everything({ kind: 'bell' } as const)], { bell: () => (rung += 1) });
    notifier.onEvent(over);
    await notifier.close(AbortSignal.abort());
    expect(rung).toBe(1);
  });
});

describe('a webhook', () => {
  it('that is slow gets the newest hundred, the end of the run among them', async () => {
    const hook = await server('hang');
    const { notifier, problems } = await notifying([webhook(hook.url)]);
    const asked = hook.next();
    notifier.onEvent(failed('first'));
    await asked;
    for (let n = 1; n <= 110; n += 1) notifier.onEvent(failed(`t${String(n)}`));
    notifier.onEvent(over);
    hook.letGo();
    await notifier.close();
    expect(hook.posted).toHaveLength(101);
    expect(hook.posted.slice(0, 2).map(({ body }) => 'task' in body && body.task)).toEqual(['first', 't12']);
    expect(hook.posted.at(-1)?.body).toMatchObject({ event: 'ended', pending: 2 });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('11 of its notices were dropped');
  });

  it('gets the notice as JSON, with headers that are filled in', async () => {
    const hook = await server();
    const env = { ...process.env, HOOK: hook.url, TOKEN: 'sesame' };
    const { notifier, problems } = await notifying([webhook('${HOOK}/a?b', { Authorization: 'Bearer ${TOKEN}' })], {
      env,
    });
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(hook.posted).toMatchObject([
      {
        method: 'POST',
        path: '/a?b',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sesame' },
        body: { event: 'failed', task: 'a' },
      },
    ]);
    expect(problems).toEqual([]);
  });

  it('gets the headers of the config instead of those that oompa sends, however they are written', async () => {
    const hook = await server();
    const own = { 'Content-Type': 'application/json; charset=utf-8', 'user-AGENT': 'mine' };
    const { notifier } = await notifying([webhook(hook.url, own)]);
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(hook.posted[0]?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'mine',
    });
  });

  it('that is not connected yet is let go of with the run, which could not end otherwise', async () => {
    const met: string[] = [];
    const mute = createServer((socket) => {
      const number = met.push('connected');
      socket.on('error', () => undefined).on('close', () => (met[number - 1] = 'left'));
      socket.on('data', () => number === 2 && socket.write('again'));
    });
    onTestFinished(() => void mute.close());
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const { port } = mute.address() as AddressInfo;
    const { notifier } = await notifying([webhook(`https://127.0.0.1:${String(port)}`, {}, 3_600_000)]);
    const stopping = new AbortController();
    notifier.onEvent(failed('a'));
    const closed = notifier.close(stopping.signal);
    await once(mute, 'connection');
    stopping.abort();
    await closed;
    // Whoever connects later is heard later.
    const later = connect(port, '127.0.0.1');
    for (let told = 0; told < 2; told += 1) {
      later.write('and?');
      await once(later, 'data');
    }
    expect(met).toEqual(['left', 'connected']);
    later.destroy();
  });

  it('is tried once more after a 5xx, with the same id', async () => {
    const hook = await server(503);
    const { notifier, problems } = await notifying([webhook(hook.url)]);
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(hook.posted.map(({ body }) => body.id)).toEqual(['a-run-1', 'a-run-1']);
    expect(problems).toEqual([]);
  });

  it.each([
    ['after a second 5xx', [500, 502], 2, 'it answered 502 (tried twice)'],
    ['after a 4xx, which is not tried again', [404], 1, 'it answered 404'],
    ['after a redirect, which is not followed', [302], 1, 'it answered 302, and redirects are not followed'],
  ] as const)('is a problem %s', async (_what, answers, requests, why) => {
    const hook = await server(...answers);
    const { notifier, problems } = await notifying([webhook(`${hook.url}/as-good-as-a-password`)]);
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(hook.posted).toHaveLength(requests);
    expect(problems).toEqual([
      `notify: webhook ${hook.url.slice('http://'.length)}: ${why}; if it fails again, that is not said any more`,
    ]);
  });

  it('that nobody answers is tried twice, and told of without its secrets', async () => {
    const { notifier, problems } = await notifying([webhook('http://127.0.0.1:1/as-good-as-a-password')]);
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^notify: webhook 127\.0\.0\.1:1: it was not reached \(.+\) \(tried twice\);/);
    expect(problems[0]).not.toContain('password');
  });

  it('with a header that HTTP refuses shows nothing of it', async () => {
    const env = { ...process.env, TOKEN: 'ses\name' };
    const { notifier, problems } = await notifying([webhook('http://127.0.0.1:1', { A: '${TOKEN}' })], { env });
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).not.toMatch(/ses|ame/);
  });

  it('that hangs is left at its time limit', async () => {
    const hook = await server('hang');
    const { notifier, problems } = await notifying([webhook(hook.url, {}, 400)]);
    notifier.onEvent(failed('a'));
    await vi.waitFor(() => expect(problems).toHaveLength(1), { timeout: 60_000 });
    expect(problems[0]).toContain('no answer within 0.4 s');
  });
});

describe('a desktop', () => {
  const show = 'for each in "$@"; do printf "%s\\n" "$each"; done >> "$SHOWN"';
  const hostile = '-x <b>$(touch pwned)</b> `touch pwned` \\n "; touch pwned; & \'';

  it.each([
    [
      'linux',
      'notify-send',
      ['--', 'oompa: W', '-x &lt;b&gt;$(touch pwned)&lt;/b&gt; `touch pwned` \\\\n "; touch pwned; &amp; \''],
    ],
    [
      'darwin',
      'osascript',
      [
        '-e',
        'on run argv',
        '-e',
        'display notification (item 2 of argv) with title (item 1 of argv)',
        '-e',
        'end run',
        'oompa: W',
        hostile,
      ],
    ],
  ] as const)('on %s shows one line by %s, as text and never as a script', async (platform, name, shown) => {
    const bin = await program(name, show);
    const file = join(bin, 'shown');
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, DISPLAY: ':9', SHOWN: file };
    const { notifier, workspace, problems } = await notifying([everything({ kind: 'desktop' } as const)], {
      env,
      platform,
      message: hostile,
    });
    notifier.onEvent(failed('a'));
    await notifier.close();
    expect(
      (await readFile(file, 'utf8'))
        .replace(/(oompa: ).*/, '$1W')
        .trimEnd()
        .split('\n'),
    ).toEqual(shown);
    await expect(readFile(join(workspace, 'pwned'))).rejects.toThrow('ENOENT');
    expect(problems).toEqual([]);
  });

  it.each([
    ['without a display', true, {}],
    ['without notify-send', false, { DISPLAY: ':9' }],
  ])('%s shows nothing, which is no problem', async (_what, hasProgram, more) => {
    const bin = await program(hasProgram ? 'notify-send' : 'other', 'echo called > "$SHOWN"');
    const file = join(bin, 'shown');
    const { DISPLAY: _, WAYLAND_DISPLAY: __, DBUS_SESSION_BUS_ADDRESS: ___, ...bare } = process.env;
    const env = { ...bare, PATH: hasProgram ? `${bin}:/usr/bin:/bin` : bin, SHOWN: file, ...more };
    const { notifier, problems } = await notifying([everything({ kind: 'desktop' } as const)], { env });
    notifier.onEvent(failed('a'));
    await notifier.close();
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(problems).toEqual([]);
  });
});

it('tells of its own problems without secrets', async () => {
  const redact = redactor(['sesame-open']);
  const { notifier, workspace, problems } = await notifying([command('echo sesame-open; exit 1')], { redact });
  notifier.onEvent(failed('a'));
  await notifier.close();
  expect(problems[0]).toContain('`echo [redacted]; exit 1`');
  expect(await readFile(join(workspace, 'runs', 'a-run', 'notices', '1-1.log'), 'utf8')).toBe('[redacted]\n');
});
