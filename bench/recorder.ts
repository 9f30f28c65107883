/** One figure of one target. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Whether more is better (letters a second) or less (milliseconds). */
  readonly better: 'more' | 'less';
}

/** Keeps the figures of one target, in order. */
export class Recorder {
  readonly figures: Figure[] = [];

  add(name: string, unit: string, value: number, better: Figure['better'] = 'less'): void {
    const digits = value < 10 ? 3 : 1;
    this.figures.push({ name, unit, value: Number(value.toFixed(digits)), better });
  }

  /** Forgets what a warming-up measured. */
  clear(): void {
    this.figures.length = 0;
  }
}

/** The value below which `part` of the values lie; the values are sorted here. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
