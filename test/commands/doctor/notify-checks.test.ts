import { expect, it } from 'vitest';
import { notifyChecks } from '../../../src/commands/doctor/notify-checks.ts';
import { loaded } from '../../config/workspace.ts';
import { program } from '../../notify/order.ts';

const config = `workers: [{name: a, harness: codex}]
notify:
  - {on: [failed, held], run: ./tell-me.sh}
  - {webhook: 'https://hooks.example/as-good-as-a-password', headers: {A: '\${TOKEN}'}}
  - desktop: true
`;

it('says who is told of what, and which variable is not set', async () => {
  const bin = await program('notify-send', 'exit 9');
  const env = { PATH: bin, DISPLAY: ':9' };
  const checks = notifyChecks(await loaded(config), { env, workspace: '/', platform: 'linux' });
  expect(checks.map(({ status, text }) => `${status} ${text}`)).toEqual([
    'ok notify: `./tell-me.sh` on failed, held',
    'ok notify: webhook hooks.example on every event',
    'ok notify: desktop on every event',
    'fail notify: 1 problem',
  ]);
  expect(checks.at(-1)?.diagnostics?.[0]).toMatchObject({
    place: { line: 4 },
    hint: 'set it before the run is started',
  });
});

it.each([
  [{ PATH: '' }, 'there is no desktop here'],
  [{ PATH: '', DISPLAY: ':9' }, '`notify-send` is not on PATH'],
])('warns where nothing can be shown', async (env, why) => {
  const desktop = 'workers: [{name: a, harness: codex}]\nnotify: [{desktop: true}]\n';
  const checks = notifyChecks(await loaded(desktop), { env, workspace: '/', platform: 'linux' });
  expect(checks).toEqual([{ status: 'warn', text: `notify: no desktop notifications: ${why}` }]);
});
