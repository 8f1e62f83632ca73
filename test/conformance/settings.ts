import type { CliName } from '../rig/pinned-clis.ts';

/** What a user has set for a CLI. */
export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Files below the CLI's state folder, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Each CLI's own way to forbid `touch`, whatever oompa allows. */
export const denying: Readonly<Record<CliName, Setting>> = {
  opencode: { env: { OPENCODE_PERMISSION: '{"bash":{"*":"allow","touch*":"deny"}}' } },
  claude: { args: ['--settings', '{"permissions":{"deny":["Bash(touch:*)"]}}'] },
  codex: {
    files: { 'codex/rules/default.rules': 'prefix_rule(pattern = ["touch"], decision = "forbidden")\n' },
  },
  gemini: {
    files: {
      '.gemini/policies/deny.toml':
        '[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = "touch"\ndecision = "deny"\npriority = 999\n',
    },
  },
};

/** The way of opencode to ask before a `touch`: nobody is there who could answer. */
export const asking: Setting = { env: { OPENCODE_PERMISSION: '{"bash":{"*":"allow","touch*":"ask"}}' } };
