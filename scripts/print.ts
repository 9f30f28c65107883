import { showBytes } from '../src/config/setting-types.ts';

/** Results: standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One JSON value on one line, for programs. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Remarks: standard error. */
export function remark(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Says of a change that it was not made. */
export function remarkDryRun(result: { readonly applied: boolean }): void {
  if (!result.applied) remark('dry run: nothing was written; add --apply');
}

/** Columns of the same width, two spaces apart; numbers belong right, which callers say by padding. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  for (const row of rows) {
    print(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** A number of octets as people read it: exact when it is a whole number of units, else to one digit. */
export function bytesForPeople(value: number): string {
  const exact = showBytes(value);
  if (!exact.endsWith(' B') || value < 1024) return exact;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${(value / 1024 ** step).toFixed(1)} ${units[step] ?? 'B'}`;
}

/** A limit, where null is none. */
export function limitForPeople(
  value: number | null,
  show: (value: number) => string = String,
): string {
  return value === null ? 'no limit' : show(value);
}
