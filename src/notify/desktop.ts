/** A text to be shown. Both are one line without control characters. */
export interface DesktopNote {
  readonly title: string;
  readonly text: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Whether there can be a desktop to show something on. */
export function hasDesktop(platform: NodeJS.Platform, env: Env): boolean {
  if (platform === 'darwin') return true;
  return platform === 'linux' && signsOfDesktop.some((name) => (env[name] ?? '') !== '');
}

/** The shell command that shows a note, and its variables: text is never a part of any script. Where the program is missing, nothing happens. */
export function desktopCommand(
  platform: NodeJS.Platform,
  { title, text }: DesktopNote,
): { readonly command: string; readonly env: Readonly<Record<string, string>> } {
  return platform === 'darwin'
    ? { command: onMac, env: variables(title, text) }
    : { command: onLinux, env: variables(title, forNotifySend(text)) };
}

const signsOfDesktop = ['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'];

const onLinux = `command -v notify-send >/dev/null || exit 0
exec notify-send -- "$OOMPA_NOTICE_TITLE" "$OOMPA_NOTICE_TEXT"`;

const onMac = `command -v osascript >/dev/null || exit 0
exec osascript -e 'on run argv' -e 'display notification (item 2 of argv) with title (item 1 of argv)' -e 'end run' "$OOMPA_NOTICE_TITLE" "$OOMPA_NOTICE_TEXT"`;

function variables(title: string, text: string): Record<string, string> {
  return { OOMPA_NOTICE_TITLE: title, OOMPA_NOTICE_TEXT: text };
}

/** notify-send (libnotify 0.8) undoes backslashes in the text, and desktops take what is left for markup. */
function forNotifySend(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
