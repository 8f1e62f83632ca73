import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeWithBwrap } from '../harness/sandbox/stage.ts';
import { opencodeAnswer } from '../rig/opencode-lines.ts';
import { open, ready, work } from './open.ts';

const one = 'workers: [{ name: builders, harness: opencode }]\n';

test('a server of the user’s is used with a state of our own, and told of when it may still be at work after a turn', async () => {
  // Well, but nobody can stop a session in it.
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/global/health' ? 200 : 500).end('{"healthy":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  const world = await open({ config: one, tasks: { a: 'title: A' }, env: { OOMPA_OPENCODE_ATTACH: url } });
  const run = world.swarm();
  const agent = await world.agents.next();
  expect(agent.argv.join(' ')).toContain(`--attach ${url}`);
  // The client has a database too, and the user's is not to be written to.
  expect(agent.env['XDG_DATA_HOME']).toBe(join(world.repo.path, '.oompa', 'state', 'builders-1', 'opencode', 'data'));
  await work(agent, 'echo a > a');
  expect(await run.exitCode).toBe(0);
  expect(run.all('problem:seen').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^the server of opencode may still be at work in \/.*: .* answers with status 500$/),
  ]);
});

test('each worker has a state of its own for opencode, which is kept for the next run', async () => {
  const world = await open({ config: one, tasks: { a: 'title: A', b: 'title: B' } });
  for (const id of ['a', 'b']) {
    const run = world.swarm({ iterations: 1 });
    const agent = await world.agents.next();
    const data = agent.env['XDG_DATA_HOME'] ?? 'none';
    expect(data).toBe(join(world.repo.path, '.oompa', 'state', 'builders-1', 'opencode', 'data'));
    if (id === 'b') expect((await agent.run('cat $XDG_DATA_HOME/mark')).output).toBe('a\n');
    await agent.run(`echo ${id} > $XDG_DATA_HOME/mark`);
    await work(agent, `echo ${id} > ${id}`);
    expect(await run.exitCode).toBe(0);
  }
});

test('a server that does not answer is found out before anything is started, and the fallback is asked', async () => {
  const world = await open({
    config: `workers: [{ name: builders, harness: opencode, fallback: [{ harness: codex }] }]
harnesses: { opencode: { attach: "http://127.0.0.1:9" } }
`,
    tasks: { a: 'title: A' },
  });
  const run = world.swarm();
  const agent = await world.agents.next();
  expect(agent.name).toBe('codex');
  expect(run.all('turn:ended').map(({ failure }) => failure?.kind)).toEqual([
    'attach-unreachable',
    'attach-unreachable',
  ]);
  await agent.run('echo a > a');
  await agent.say(JSON.stringify({ type: 'thread.started', thread_id: 't' }));
  await agent.say(JSON.stringify({ type: 'item.completed', item: { type: 'agent_message', text: ready } }));
  await agent.say(JSON.stringify({ type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } }));
  await agent.exit(0);
  expect(await run.exitCode).toBe(0);
});

describeWithBwrap('in the sandbox', () => {
  /** Tries what an agent must not be able to do, then does its work and commits it. */
  const script = `
for target in "$HOME/oompa-was-here" "$CHECKOUT/was-here" "$CHECKOUT/.git/refs/heads/main"; do
  (echo x > "$target") 2> /dev/null && echo "$target" >> escaped.txt
done
echo done > work.txt && git add work.txt && git commit -qm 'My work' && git log -1 --format=%s > subject.txt
echo 'COMPLETE_AND_READY_FOR_MERGE'
`;

  test('an agent works and commits in its worktree, and can write nowhere else', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: mine }]
harnesses: { mine: { command: [sh, agent.sh], prompt: stdin, output: text, env: { CHECKOUT: PLACE } } }
sandbox: bwrap
`,
      files: { 'agent.sh': script },
      tasks: { a: 'title: A' },
    });
    const config = await world.repo.read('oompa.config.yaml');
    await world.repo.write('oompa.config.yaml', config.replace('PLACE', world.repo.path));
    await world.repo.git('commit', '-qam', 'config');
    const run = world.swarm();
    expect(await run.exitCode, run.said()).toBe(0);
    expect(await world.repo.git('show', 'main:work.txt')).toBe('done');
    expect(await world.repo.git('show', 'main:subject.txt')).toBe('My work');
    await expect(world.repo.git('show', 'main:escaped.txt')).rejects.toThrow();
    expect(existsSync(join(homedir(), 'oompa-was-here'))).toBe(false);
    expect(await readdir(world.repo.path)).not.toContain('was-here');
  });

  test('opencode attaches to no server, which would work outside of it', async () => {
    const said = opencodeAnswer('ses_1', ready).map((line) => `cat <<'LINE'\n${line}\nLINE\n`);
    const world = await open({
      // What is called is `sh run --format json …`.
      config: `${one}harnesses: { opencode: { binary: sh, attach: "http://127.0.0.1:9" } }\nsandbox: bwrap\n`,
      files: { run: `echo "$@" > arguments\n${said.join('')}` },
      tasks: { a: 'title: A' },
    });
    const run = world.swarm();
    expect(await run.exitCode, run.said()).toBe(0);
    expect(await world.repo.git('show', 'main:arguments')).toMatch(/^--format json --dir (?!.*--attach)/);
  });
});

test('a sandbox that can’t be had starts nothing, and says what to do', async () => {
  const world = await open({
    config: `workers: [{ name: builders, harness: mine }]
harnesses: { mine: { command: [/bin/sh], prompt: stdin, output: text } }
sandbox: bwrap
`,
    tasks: { a: 'title: A' },
    env: { PATH: '/nowhere' },
  });
  const run = world.swarm();
  expect(await run.exitCode).toBe(2);
  expect(run.said()).toContain('sandbox: `bwrap` is not on PATH: install bubblewrap');
  expect(run.events).toEqual([]);
  expect(await world.tasks('pending')).toEqual(['a']);
});
