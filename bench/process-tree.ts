import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** A process with all that it started. */
export class ProcessTree {
  readonly #root: number;

  constructor(root: number) {
    this.#root = root;
  }

  /** With the children that have ended: who waited for them has their time. */
  cpuSeconds(): number {
    let ticks = 0;
    for (const { times } of this.#processes()) ticks += times;
    return ticks / ticksPerSecond;
  }

  /** Proportional set size. */
  memoryBytes(): number {
    let kilobytes = 0;
    for (const { pid } of this.#processes()) {
      const rollup = readIfThere(`/proc/${pid}/smaps_rollup`);
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    }
    return kilobytes * 1024;
  }

  #processes(): { readonly pid: number; readonly times: number }[] {
    const children = new Map<number, number[]>();
    const times = new Map<number, number>();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const stat = readIfThere(`/proc/${name}/stat`);
      // Behind the name, which may hold anything: state, ppid, ... utime, stime, cutime, cstime.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields.length < 15) continue;
      const parent = Number(fields[1]);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
      times.set(
        pid,
        fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0),
      );
    }
    const found: { pid: number; times: number }[] = [];
    const waiting = [this.#root];
    for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
      found.push({ pid, times: times.get(pid) ?? 0 });
      waiting.push(...(children.get(pid) ?? []));
    }
    return found;
  }
}

/** A process may end between the list and the look. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
