import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** Behind everything that somebody waits for. */
const niceness = 10;

/** Has this thread give way to others. Linux gives each a priority of its own, by its id; elsewhere nothing changes. */
export function giveWay(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
  } catch {
    // As good as without.
  }
}
