import type { Figure } from './recorder.ts';

export interface TargetResult {
  readonly target: string;
  readonly figures: readonly Figure[];
}

/** How many times as good as the peer: above 1 is better, whatever the unit. */
export function ratio(ours: Figure, theirs: Figure): number {
  const [better, worse] = ours.better === 'more' ? [ours, theirs] : [theirs, ours];
  return worse.value === 0 ? Infinity : better.value / worse.value;
}

/** A line for each figure; with a peer its figure and the ratio too. */
export function table([ours, peer]: readonly TargetResult[]): string {
  const lines = (ours?.figures ?? []).map((figure) => {
    const theirs = peer?.figures.find(
      ({ name, unit }) => name === figure.name && unit === figure.unit,
    );
    const columns = [figure.name.padEnd(50), `${figure.value} ${figure.unit}`.padStart(30)];
    if (theirs !== undefined) {
      columns.push(
        String(theirs.value).padStart(12),
        `x ${ratio(figure, theirs).toFixed(1)}`.padStart(10),
      );
    }
    return columns.join(' ');
  });
  if (peer !== undefined) {
    lines.unshift(`${' '.repeat(50)} ${(ours?.target ?? '').padStart(30)} / ${peer.target}`);
  }
  return `${lines.join('\n')}\n`;
}
