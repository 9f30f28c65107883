/** One zone in the whole country since 2024-03-01. */
const offsetMs = 5 * 3_600_000;

/** `2026-07-01 14:15`: the clock on the wall in Astana, UTC+5. */
export function astanaTime(at: number): string {
  return new Date(at + offsetMs).toISOString().slice(0, 16).replace('T', ' ');
}
