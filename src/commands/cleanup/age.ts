/** Milliseconds of an age such as `30d`, `12h` or `2w`; undefined when it isn't one. */
export function parseAge(text: string): number | undefined {
  const [, count, unit] = /^\s*(\d{1,6})\s*([hdw])\s*$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * unitHours[unit as keyof typeof unitHours] * hourMs;
}

/** An age as people say it: `3 hours`, `12 days`. */
export function spokenAge(ms: number): string {
  const hours = Math.floor(Math.max(0, ms) / hourMs);
  if (hours < 1) return 'less than an hour';
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`;
  return `${Math.floor(hours / 24)} days`;
}

const hourMs = 3_600_000;
const unitHours = { h: 1, d: 24, w: 7 * 24 } as const;
