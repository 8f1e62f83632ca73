/** What people can be told of, as `notify:` names it. */
export const noticeEvents = ['failed', 'blocked', 'held', 'budget', 'ended'] as const;

/** One of them. */
export type NoticeEvent = (typeof noticeEvents)[number];

/** Somebody who wants to be told. `timeout` is milliseconds; `headers` may name variables (`${NAME}`), as `url` may. */
export type NotifyTarget = { readonly on: readonly NoticeEvent[] } & (
  | { readonly kind: 'command'; readonly command: string; readonly timeout: number }
  | {
      readonly kind: 'webhook';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly timeout: number;
    }
  | { readonly kind: 'desktop' }
  | { readonly kind: 'bell' }
);

/** A target's name for people. Of an address only the host: the rest is often as good as a password. */
export function targetName(target: NotifyTarget): string {
  switch (target.kind) {
    case 'command':
      return `\`${target.command}\``;
    case 'webhook':
      return `webhook ${/^https?:\/\/([^/?#]+)/.exec(target.url)?.[1] ?? target.url}`;
    case 'desktop':
    case 'bell':
      return target.kind;
  }
}
