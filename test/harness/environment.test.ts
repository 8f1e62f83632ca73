import { describe, expect, it } from 'vitest';
import { agentEnvironment } from '../../src/harness/environment.ts';

const nothing = { configEnv: {}, own: {} };

describe('what an agent sees of the environment', () => {
  it.each([
    ...['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'XDG_DATA_HOME', 'https_proxy', 'NO_PROXY'],
    ...[
      'NODE_EXTRA_CA_CERTS',
      'ANTHROPIC_API_KEY',
      'CLAUDE_CONFIG_DIR',
      'OPENAI_API_KEY',
      'CODEX_HOME',
      'OPENCODE_CONFIG',
    ],
    ...['GEMINI_API_KEY', 'GOOGLE_CLOUD_PROJECT', 'OOMPA_OF_THE_USER'],
  ])('%s', (name) => {
    expect(agentEnvironment({ [name]: 'value' }, nothing)).toEqual({ [name]: 'value' });
  });

  it.each([
    ...['AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'NODE_OPTIONS', 'GIT_DIR', 'SSH_AUTH_SOCK', 'IS_SANDBOX', 'PWD'],
    ...[
      'CLAUDECODE',
      'CLAUDE_CODE_ENTRYPOINT',
      'CLAUDE_CODE_SESSION_ID',
      'CODEX_THREAD_ID',
      'CODEX_CI',
      'CODEX_SANDBOX',
    ],
    ...['OPENCODE', 'AGENT', 'OPENCODE_PID'],
    ...['OOMPA_TURN', 'OOMPA_RUN', 'OOMPA_TASK', 'OOMPA_WORKER', 'OOMPA_SLOT', 'OOMPA_PORT_BASE'],
  ])('not %s', (name) => {
    expect(agentEnvironment({ [name]: 'value' }, nothing)).toEqual({});
  });

  it('has what the config names in place of what was inherited, and oompa’s own above both', () => {
    const env = agentEnvironment(
      { PATH: '/bin', LANG: 'C', UNSET: undefined },
      { configEnv: { LANG: 'de', AWS_REGION: 'eu', OOMPA_SLOT: 'theirs' }, own: { OOMPA_SLOT: '3' } },
    );
    expect(env).toEqual({ PATH: '/bin', LANG: 'de', AWS_REGION: 'eu', OOMPA_SLOT: '3' });
  });
});
