import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Whose settings, keys and state must not reach a test: git's, the agent CLIs', the desktop's, an outer oompa's. */
const foreign = /^(GIT|CLAUDE|CLAUDECODE|OPENCODE|CODEX|GEMINI|ANTHROPIC|OPENAI|GOOGLE|XDG|OOMPA)(_|$)/;

/** In the home folder too, so that a git which is started without GIT_CONFIG_GLOBAL reads the same. */
const gitConfig = `
[user]
  name = Test Owner
  email = owner@oompa.test
[init]
  defaultBranch = main
[commit]
  gpgSign = false
[tag]
  gpgSign = false
[maintenance]
  auto = false
[gc]
  auto = 0
`;

for (const name of Object.keys(process.env).filter((each) => foreign.test(each))) {
  Reflect.deleteProperty(process.env, name);
}

const home = mkdtempSync(join(tmpdir(), 'oompa-home-'));
const gitConfigFile = join(home, '.gitconfig');
writeFileSync(gitConfigFile, gitConfig);
Object.assign(process.env, { HOME: home, GIT_CONFIG_GLOBAL: gitConfigFile, GIT_CONFIG_NOSYSTEM: '1' });

afterAll(removeHome);
// For a test file that fails before its hooks can run.
process.once('exit', removeHome);

function removeHome(): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
