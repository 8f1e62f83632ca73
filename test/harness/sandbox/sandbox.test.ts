import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runAgent } from '../../../src/harness/run-agent.ts';
import { inSandbox, type SandboxPlan } from '../../../src/harness/sandbox/sandboxed.ts';
import type { Turn } from '../../../src/harness/turn.ts';
import type { FakeAgent } from '../../rig/fake-agent.ts';
import { openTurns, type Turns } from '../turns.ts';
import { openStage, describeWithBwrap, type Stage } from './stage.ts';

const anotherCommit = '"$(git commit-tree -m x HEAD^{tree})"';

describeWithBwrap('an agent in the sandbox', (bwrap) => {
  let turns: Turns;
  let stage: Stage;
  beforeEach(async () => {
    [turns, stage] = await Promise.all([openTurns(), openStage(bwrap)]);
  });
  afterEach(async () => {
    await turns.close();
    await stage.repo.remove();
  });

  /** An agent in the worktree, and the turn that it is of. */
  async function started(plan: SandboxPlan, signal = new AbortController().signal) {
    const job = turns.job({ cwd: stage.worktree }, { signal, graceMs: 500 });
    const turn = runAgent({ ...job, harness: inSandbox(job.harness, plan) });
    return { turn, agent: await turns.agents.next() };
  }

  /** With the stand-in's own files on the PATH, so that it sees them wherever this checkout lies. */
  function seen(): Readonly<Record<string, string>> {
    const { PATH = '' } = turns.agents.env;
    return { ...turns.agents.env, PATH: [PATH, join(import.meta.dirname, '../../rig')].join(delimiter) };
  }

  async function planned(order: Parameters<Stage['plan']>[0] = {}) {
    const temporary = join(stage.repo.path, '.oompa/tmp/builders-1');
    return stage.plan({ ...order, env: { HOME: homedir(), ...seen(), TMPDIR: temporary } });
  }

  async function inIt(work: (agent: FakeAgent) => Promise<void>, order?: Parameters<Stage['plan']>[0]): Promise<Turn> {
    const { agent, turn } = await started(await planned(order));
    await work(agent);
    await agent.answer('Done.');
    return turn;
  }

  it('changes its worktree and commits there', async () => {
    const turn = await inIt(async (agent) => {
      const command = 'echo two >> a.txt && git add -A && git commit -qm two && git commit -q --amend -m both';
      expect(await agent.run(command)).toEqual({ code: 0, output: '' });
    });
    expect(turn.ending).toEqual({ kind: 'answered', message: 'Done.' });
    expect(await stage.repo.git('log', '--format=%s', 'oompa/run/builders-1-i1')).toBe('both\nfirst');
    expect(await stage.repo.gitIn(stage.worktree, 'status', '--porcelain')).toBe('');
  });

  it('finds its CLI where a link on the PATH leads to, with the packages around it, below the temporary folder too', async () => {
    const place = await mkdtemp(join(tmpdir(), 'oompa-installed-'));
    const packages = join(place, 'lib', 'node_modules');
    await mkdir(join(packages, 'tool', 'bin'), { recursive: true });
    await mkdir(join(packages, 'needed'), { recursive: true });
    await mkdir(join(place, 'bin'));
    await writeFile(join(packages, 'needed', 'word'), 'found\n');
    await writeFile(join(packages, 'tool', 'bin', 'tool.sh'), `#!/bin/sh\ncat ${packages}/needed/word\n`, {
      mode: 0o755,
    });
    await symlink('../lib/node_modules/tool/bin/tool.sh', join(place, 'bin', 'tool'));
    const program = join(place, 'bin', 'tool');
    await inIt(
      async (agent) => {
        expect(await agent.run(join(packages, 'tool', 'bin', 'tool.sh'))).toEqual({ code: 0, output: 'found\n' });
      },
      { program },
    );
    await rm(place, { recursive: true });
  });

  it.each([
    ['the user’s checkout', 'echo x >> ../../../a.txt'],
    ['main', `git update-ref refs/heads/main ${anotherCommit}`],
    ['a branch of another run', `git update-ref refs/heads/oompa/earlier/builders-2-i1 ${anotherCommit}`],
    ['a branch that is none yet', 'git branch mine'],
    ['the stash', 'echo x >> a.txt && git stash'],
    ['a ref of oompa', `git update-ref refs/oompa/claims/task ${anotherCommit}`],
    ['the packed refs', 'git pack-refs --all'],
    ['the settings of the repository', 'git config core.hooksPath evil'],
    ['its hooks', 'echo x > ../../../.git/hooks/post-commit'],
    ['the settings of its own worktree', 'echo x > "$(git rev-parse --git-dir)/config.worktree"'],
    ['what leads its worktree to the repository', 'rm -rf .git'],
    ['the name of that', 'mv .git other'],
    ['what leads the repository to its worktree', 'echo /tmp > "$(git rev-parse --git-dir)/commondir"'],
    ['another worktree', 'echo x >> ../builders-2/a.txt'],
    ['the claims', 'echo x > ../../claims/task.json'],
    ['the home folder', `echo x > "${homedir()}/x"`],
    ['the programs on its PATH', 'echo x > "$(dirname "$(command -v opencode)")/x"'],
    ['the system', 'echo x > /etc/x'],
    // To open it changes nothing.
    ['the settings of the kernel', ': >> /proc/sys/kernel/core_pattern'],
    ['its own bonds', 'mount -o remount,rw,bind /'],
    ['its own bonds from a further namespace', 'unshare -Urm mount -o remount,rw,bind /'],
  ])('cannot change %s', async (_what, command) => {
    const refs = () => stage.repo.git('for-each-ref');
    const before = await refs();
    await inIt(async (agent) => {
      const { code, output } = await agent.run(command);
      expect(code).not.toBe(0);
      expect(output).toMatch(
        /Read-only file system|Device or resource busy|permission denied|not permitted|Cannot save|unable to create directory/,
      );
    });
    expect(await refs()).toBe(before);
    expect(await stage.repo.git('status', '--porcelain')).toBe('');
    expect(existsSync(join(homedir(), 'x'))).toBe(false);
  });

  it('has a /tmp of its own, folders for temporary files and caches that it can write, and fresh devices', async () => {
    const other = join(turns.folder, 'secret');
    await writeFile(other, 'x');
    const own = `/tmp/${randomUUID()}`;
    await inIt(async (agent) => {
      expect(await agent.run(`cat ${other}`)).toMatchObject({ code: 1 });
      const commands = [
        `touch ${own}`,
        'touch "$TMPDIR/x"',
        'touch "$XDG_CACHE_HOME/x"',
        'mkdir "$npm_config_cache/x"',
      ];
      const { code } = await agent.run(
        [`TMPDIR=${stage.repo.path}/.oompa/tmp/builders-1`, ...commands, 'echo > /dev/null', 'touch /dev/shm/x'].join(
          ' && ',
        ),
      );
      expect(code).toBe(0);
    });
    expect(existsSync(own)).toBe(false);
    expect(existsSync(join(stage.repo.path, '.oompa/tmp/builders-1/x'))).toBe(true);
    expect(existsSync(join(stage.repo.path, '.oompa/state/builders-1/cache/x'))).toBe(true);
  });

  it('writes where its CLI keeps its state', async () => {
    const state = join(turns.folder, 'state');
    await mkdir(state);
    const writable = [state, join(turns.folder, 'not-there')];
    await inIt(async (agent) => expect(await agent.run(`touch ${state}/x`)).toMatchObject({ code: 0 }), { writable });
    expect(existsSync(join(state, 'x'))).toBe(true);
  });

  it('sees no process of anybody else, nor what it was started with', async () => {
    await inIt(async (agent) => {
      const { output } = await agent.run('cat /proc/[0-9]*/cmdline | tr "\\0" " "');
      expect(output).toContain('fake-agent-child');
      // Not to be printed when it fails: the command lines of a whole machine.
      expect(output.includes('vitest')).toBe(false);
    });
  });

  it.each([true, false])('reaches a server of this machine if the network is on: %s', async (network) => {
    const server = createServer((socket) => socket.end('here\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const program = `require('node:net').connect(${String(port)}, '127.0.0.1').on('error', () => process.exit(7)).resume().on('end', () => process.exit(0))`;
    try {
      await inIt(
        async (agent) => {
          expect((await agent.run(`${process.execPath} -e "${program}"`)).code).toBe(network ? 0 : 7);
        },
        { network },
      );
    } finally {
      server.close();
    }
  });

  it('cannot speak to a socket that leads out', async () => {
    const session = join(turns.folder, 'session');
    await mkdir(session);
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(join(session, 'bus'), resolve));
    const program = `require('node:net').connect('${session}/bus').on('error', () => process.exit(7)).resume().on('end', () => process.exit(0))`;
    try {
      const plan = await stage.plan({ env: { ...seen(), XDG_RUNTIME_DIR: session } });
      const { agent, turn } = await started({ ...plan, visible: [...plan.visible, session] });
      expect((await agent.run(`${process.execPath} -e "${program}"`)).code).toBe(7);
      await agent.answer('Done.');
      await turn;
    } finally {
      server.close();
    }
  });

  it.each([
    ['that stays when the agent is done', false],
    ['of an agent that is ended', true],
  ])('leaves no process %s, not even one without the mark in a session of its own', async (_which, ended) => {
    const stop = new AbortController();
    const { agent, turn } = await started(await planned(), stop.signal);
    await agent.ignoreSigterm();
    const lingerer = await agent.linger({ ownSession: true, unmarked: true, stubborn: true, holdsOutput: true });
    if (ended) stop.abort();
    else await agent.answer('Done.');
    const { ending } = await turn;
    await Promise.all([agent.gone, lingerer.gone]);
    expect(ending).toMatchObject(ended ? { failure: { kind: 'stopped' } } : { kind: 'answered' });
  });

  it('is not let out by a worktree whose branch has no folder of its own, nor by one without a branch', async () => {
    for (const branch of ['main', '']) {
      await inIt(async (agent) => expect((await agent.run('git update-ref refs/heads/other HEAD')).code).not.toBe(0), {
        branch,
      });
    }
  });

  it('is not begun when its folders can’t be made', async () => {
    await rm(join(stage.commonDir, 'worktrees', 'builders-1'), { recursive: true });
    await expect(planned()).rejects.toThrow(/^the sandbox could not be prepared: ENOENT/);
  });
});
