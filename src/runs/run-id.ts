/** A run's id: `yyyymmddThhmmss-xxxx`, the time in UTC so that ids sort by age. `random` is from 0 up to 1. */
export function newRunId(now: Date, random: number): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '');
  const suffix = Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${stamp}-${suffix}`;
}

/** Whether a folder of that name under `runs/` may be a run. */
export function isRunId(name: string): boolean {
  return /^\d{8}T\d{6}-[a-z0-9]{4}$/.test(name);
}
