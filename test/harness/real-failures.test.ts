import { expect, it } from 'vitest';
import type { Failure, FailureKind } from '../../src/core/failure.ts';
import type { Failure as ModelFailure } from '../../src/demo/model-server/script.ts';
import type { Case } from '../conformance/cases.ts';
import { openStage } from '../conformance/stage.ts';
import { describeWithCli } from '../rig/clis.ts';
import type { CliName } from '../rig/pinned-clis.ts';

/** Milliseconds. */
const turnLimit = 120_000;
const status = (code: number, message: string): ModelFailure => ({
  ...{ kind: 'status', status: code },
  body: JSON.stringify({ error: { message, type: 'scripted', code: null } }),
});

describeWithCli('opencode', 'opencode', (program) => {
  it('says only in its log that it does not know a model', async () => {
    const { failure, asked } = await failing('opencode', program, 'model-unknown', status(500, 'no'), {
      model: 'fake/no',
    });
    expect(failure.detail).toContain('fake/no');
    expect(asked).toBe(0);
  });

  it('is ended at once when its quota is used up, of which it says nothing for a minute', async () => {
    const { failure } = await failing('opencode', program, 'quota', status(429, 'You exceeded your current quota.'));
    expect(failure.detail).toBe('You exceeded your current quota.');
  });
});

describeWithCli('claude', 'claude', (program) => {
  it('is ended when its login was refused twice, and not after all of its tries', async () => {
    const { asked } = await failing('claude', program, 'auth', status(401, 'invalid x-api-key'), {
      setting: { env: { CLAUDE_CODE_MAX_RETRIES: '10' } },
    });
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(11);
  });
});

/** One turn with a model that fails; `failure` is what oompa makes of it, `asked` how often the model was asked. */
async function failing(
  name: CliName,
  program: string,
  kind: FailureKind,
  reply: ModelFailure,
  more: Pick<Case, 'model' | 'setting'> = {},
): Promise<{ readonly failure: Failure; readonly asked: number }> {
  const each: Case = { script: () => reply, session: 'new', expected: { kind }, ...more };
  const stage = await openStage({ name, program }, each, new AbortController().signal);
  try {
    const place = { place: 'repo', prompt: 'Do the work.' };
    const { ending } = await stage.turn({ ...place, timeoutMs: turnLimit, silenceMs: turnLimit });
    if (ending.kind !== 'failed') throw new Error(`it answered: ${ending.message}`);
    expect(ending.failure.kind).toBe(kind);
    return { failure: ending.failure, asked: stage.server.requests.length };
  } finally {
    await stage.close();
  }
}
