import { join } from 'node:path';
import { expect, it } from 'vitest';
import { slotState } from '../../../src/harness/state/state.ts';
import { describeWithCli } from '../../rig/clis.ts';
import { openUser } from './users.ts';

for (const name of ['opencode', 'claude', 'codex', 'gemini'] as const) {
  describeWithCli(name, `${name} with a state for each slot`, (program) => {
    it('starts eight times at once for the first time, goes on with each session, and changes nothing of the user’s', async () => {
      const user = await openUser(name, program, ({ turns }) => ({ kind: 'say', text: `Answer ${String(turns)}.` }));
      try {
        const before = await user.files();
        const slots = await Promise.all(
          Array.from({ length: 8 }, async (_, index) => {
            const slot = join(user.folder, 'slots', String(index));
            const order = { mode: 'slot', folder: join(slot, 'state'), configEnv: {} } as const;
            const prepare = async (resumes: boolean) => {
              const state = await slotState(name, { ...order, env: user.env, resumes });
              return state.kind === 'failed' ? state.detail : { env: state.env };
            };
            return { cwd: join(slot, 'worktree'), prepare };
          }),
        );
        const firsts = await Promise.all(
          slots.map(async ({ cwd, prepare }) => {
            const state = await prepare(false);
            return typeof state === 'string' ? state : { state, turn: await user.turn({ cwd, ...state }) };
          }),
        );
        const endings = firsts.map((first) => (typeof first === 'string' ? first : first.turn.ending));
        const answered = { kind: 'answered', message: 'Answer 1.' };
        expect(endings, user.printed()).toEqual(firsts.map(() => answered));
        const [first, [slot]] = [firsts[0], slots] as const;
        if (typeof first !== 'object' || first.turn.session === undefined || slot === undefined)
          throw new Error('no session');
        await slot.prepare(true);
        const again = await user.turn({ cwd: slot.cwd, session: first.turn.session, ...first.state });
        expect(again.ending, user.printed()).toEqual({ kind: 'answered', message: 'Answer 2.' });
        expect(await user.files()).toEqual(before);
      } finally {
        await user.close();
      }
    }, 240_000);
  });
}
