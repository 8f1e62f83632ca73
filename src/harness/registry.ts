import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { customHarness, type DeclaredHarness } from './custom.ts';
import { gemini } from './gemini.ts';
import type { Harness, HarnessSettings } from './harness.ts';
import { opencode } from './opencode.ts';

const harnesses: readonly Harness[] = [opencode, claude, codex, gemini];

/** The names of the CLIs that oompa knows. */
export const builtInHarnesses: readonly string[] = harnesses.map(({ name }) => name);

/** The harness of that name: one that oompa knows, or one that the config declares; undefined when neither has it. */
export function findHarness(
  name: string,
  configured: Readonly<Record<string, HarnessSettings | DeclaredHarness>>,
): Harness | undefined {
  const known = harnesses.find((harness) => harness.name === name);
  if (known !== undefined) return known;
  const entry = Object.hasOwn(configured, name) ? configured[name] : undefined;
  return entry !== undefined && 'command' in entry ? customHarness(name, entry) : undefined;
}
