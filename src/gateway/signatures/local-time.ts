/** Kazakhstan has had one time since 1 March 2024: UTC+5. */
const offsetMs = 5 * 3_600_000;

function local(ms: number): string {
  return new Date(ms + offsetMs).toISOString();
}

/** `2026-11-22`, the day in Astana. */
export function dateText(ms: number): string {
  return local(ms).slice(0, 10);
}

/** `13:05`, the time in Astana. */
export function timeText(ms: number): string {
  return local(ms).slice(11, 16);
}
