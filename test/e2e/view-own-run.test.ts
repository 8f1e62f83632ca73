import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { temporaryRepository } from '../commands/temporary.ts';
import { playViewCommand } from '../rig/play-view.ts';
import type { Terminal } from '../rig/tmux.ts';
import { describeWithTmux, openTerminal } from '../rig/tmux.ts';

const isDrawn = (screen: string) => screen.endsWith('? keys');
const isShell = (screen: string) => screen.endsWith('\n$');

async function opened(): Promise<{ terminal: Terminal; acts: () => Promise<string[]> }> {
  const cwd = temporaryRepository();
  const terminal = await openTerminal({ cwd, columns: 80, rows: 24 });
  const acts = async () => (await readFile(join(cwd, 'acts'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  return { terminal, acts };
}

/** Plays the run, and gives its process. */
async function play(terminal: Terminal): Promise<number> {
  await terminal.type('env -u CI sh -c \'echo $$ > pid; exec "$@"\' - ' + playViewCommand());
  await terminal.until(isDrawn);
  const cwd = await terminal.fact('#{pane_current_path}');
  return Number(await readFile(join(cwd, 'pid'), 'utf8'));
}

/** The shell shows what is typed, the cursor is there, and nobody is on the other screen. */
async function expectWhole(terminal: Terminal): Promise<void> {
  expect(await terminal.fact('#{alternate_on} #{cursor_flag}')).toBe('0 1');
  await terminal.type('stty -a');
  expect(await terminal.until((screen) => screen.includes('icanon') && isShell(screen))).toMatch(
    /\sisig icanon .*\secho /s,
  );
}

describeWithTmux('the live view of a run of its own', () => {
  it('finishes at q, and stops at the second one only after a yes', async () => {
    const { terminal, acts } = await opened();
    await play(terminal);
    await terminal.press('q');
    const drained = await terminal.until((screen) => screen.includes('takes no new tasks: asked to'));
    expect(drained).toContain('q stop now');
    await terminal.press('q');
    await terminal.until((screen) => screen.includes('stop now? agents are ended, their work is kept   y yes   n no'));
    await terminal.press('n');
    await terminal.until(isDrawn);
    expect(await acts()).toEqual(['drain']);
    await terminal.press('q', 'y');
    await terminal.until(isShell);
    expect(await acts()).toEqual(['drain', 'stop-now']);
    expect(await terminal.everything()).toMatch(
      /^oompa {2}run 2026.*\n {2}builders-1 {2}idle\n.*\n {2}spent .*\n\nrun 2026\S+\s+interrupted, .*log: runs\/x\/events.jsonl.*^said in the middle of it\n/ms,
    );
    await expectWhole(terminal);
  });

  it('takes Ctrl-C as ever: once, then twice', async () => {
    const { terminal, acts } = await opened();
    await play(terminal);
    await terminal.press('C-c');
    await terminal.until((screen) => screen.includes('takes no new tasks'));
    await terminal.press('C-c');
    await terminal.until(isShell);
    expect(await acts()).toEqual(['SIGINT', 'SIGINT']);
    await expectWhole(terminal);
  });

  it('gives the terminal back after SIGTERM, and when oompa fails', async () => {
    const { terminal, acts } = await opened();
    process.kill(await play(terminal), 'SIGTERM');
    await terminal.until(isShell);
    expect(await acts()).toEqual(['SIGTERM']);
    await expectWhole(terminal);
    process.kill(await play(terminal), 'SIGUSR2');
    expect(await terminal.until(isShell)).toContain('Error: a bug in the middle of it');
    await expectWhole(terminal);
  });

  it('is drawn anew, and takes keys again, after its process was stopped from outside', async () => {
    const { terminal, acts } = await opened();
    const pid = await play(terminal);
    process.kill(pid, 'SIGSTOP');
    await terminal.until((screen) => screen.includes('Stopped'));
    // The shell has the terminal as oompa left it: raw.
    await terminal.press('fg', 'C-j');
    await vi.waitFor(
      async () => {
        await terminal.press('j');
        expect(await terminal.screen()).toMatch(/^oompa .*\n> .*\? keys$/s);
      },
      { timeout: 60_000, interval: 200 },
    );
    await terminal.press('q');
    await terminal.until((screen) => screen.includes('takes no new tasks: asked to'));
    await terminal.press('C-c');
    await terminal.until(isShell);
    expect(await acts()).toEqual(['drain', 'SIGINT']);
    await expectWhole(terminal);
  });

  it('is no view but lines in the background of a shell, and is not stopped there', async () => {
    const { terminal, acts } = await opened();
    await terminal.type(`env -u CI ${playViewCommand()} & wait`);
    await terminal.until((screen) => screen.includes('14:04:01 land    builders-1 add-login: 9f2e1ac'));
    expect(await terminal.fact('#{alternate_on}')).toBe('0');
    await terminal.press('C-c');
    await terminal.press('kill $!', 'Enter');
    await terminal.until((screen) => screen.includes('log: runs/x/events.jsonl'));
    expect(await acts()).toEqual(['SIGTERM']);
  });

  it('lets the run come to its end when the terminal is closed under it', async () => {
    const { terminal, acts } = await opened();
    const pid = await play(terminal);
    await terminal.hangUp();
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 60_000 });
    expect(await acts()).toEqual(['SIGHUP']);
  });
});
