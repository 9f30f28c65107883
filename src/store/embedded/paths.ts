import { join } from 'node:path';

/** Where things lie in the data folder. */
export function shardPath(folder: string, number: number): string {
  return join(folder, `shard-${number}.sqlite`);
}

export function directoryPath(folder: string): string {
  return join(folder, 'directory.sqlite');
}

export function bodiesPath(folder: string): string {
  return join(folder, 'bodies');
}

/** A large body by its digest in hex. */
export function bodyPath(folder: string, digest: string): string {
  return join(folder, 'bodies', digest.slice(0, 2), digest);
}

export function spoolPath(folder: string): string {
  return join(folder, 'spool');
}
