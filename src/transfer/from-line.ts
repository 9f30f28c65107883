const fromLine =
  /^From (?:.* )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) +(\d{1,2}):(\d\d)(?::(\d\d))?(?: +[A-Z]{2,5})?(?: +([+-]\d{4}))? +(\d{4})(?: +([+-]\d{4}))?/;
const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** The longest line that is looked at as a separator. */
export const fromLineBytes = 1000;

/** The time of a `From ` line, in milliseconds; UTC unless it says otherwise (RFC 4155). Undefined: it is none. */
export function parseFromLine(line: string): number | undefined {
  const match = line.length > fromLineBytes ? null : fromLine.exec(line);
  if (match === null) return undefined;
  const [, month = '', day, hour, minute, second = 0, zone, year, zoneBehind] = match;
  const at = Date.UTC(
    Number(year),
    months.indexOf(month) / 3,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const offset = zone ?? zoneBehind ?? '+0000';
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3));
  return at - (offset.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
