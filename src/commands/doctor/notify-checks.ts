import { notifyProblems } from '../../config/notify-variables.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { noticeEvents, targetName } from '../../core/notice.ts';
import type { NotifyTarget } from '../../core/notice.ts';
import { findBinary } from '../../harness/probe.ts';
import { hasDesktop } from '../../notify/desktop.ts';
import type { Check } from '../../ui/doctor.ts';
import { counted } from '../../ui/text.ts';

/** Whose desktop and environment is looked at. */
export interface NotifySurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly workspace: string;
  readonly platform: NodeJS.Platform;
}

/** Who is told of a run, and what `notify:` lacks here. Nobody is told anything. */
export function notifyChecks(
  loaded: Extract<LoadedConfig, { kind: 'loaded' }>,
  { env, workspace, platform }: NotifySurroundings,
): Check[] {
  const targets = loaded.config.notify;
  const diagnostics = notifyProblems(loaded, workspace, env);
  const lacking: Check[] =
    diagnostics.length === 0
      ? []
      : [{ status: 'fail', text: `notify: ${counted(diagnostics.length, 'problem')}`, diagnostics }];
  return [...targets.map((target) => targetCheck(target, platform, env)), ...lacking];
}

function targetCheck(target: NotifyTarget, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Check {
  const text = `notify: ${targetName(target)} on ${eventsOf(target)}`;
  const missing = target.kind === 'desktop' ? whyNoDesktop(platform, env) : undefined;
  return missing === undefined
    ? { status: 'ok', text }
    : { status: 'warn', text: `notify: no desktop notifications: ${missing}` };
}

function whyNoDesktop(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string | undefined {
  if (!hasDesktop(platform, env)) return 'there is no desktop here';
  const program = platform === 'darwin' ? 'osascript' : 'notify-send';
  return findBinary(program, env['PATH'] ?? '') === undefined ? `\`${program}\` is not on PATH` : undefined;
}

function eventsOf({ on }: NotifyTarget): string {
  return noticeEvents.every((event) => on.includes(event)) ? 'every event' : on.join(', ');
}
