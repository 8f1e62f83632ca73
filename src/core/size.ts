/** A number of bytes in words: `512 MB`, `1.2 GB`, `80 GB`. */
export function sizeText(bytes: number): string {
  if (bytes < 999.5e6) return `${String(Math.round(bytes / 1e6))} MB`;
  return `${bytes < 9.95e9 ? (bytes / 1e9).toFixed(1) : String(Math.round(bytes / 1e9))} GB`;
}
