import { readFile } from 'node:fs/promises';
import type { Config } from './config/loader.ts';
import type { Log } from './core/log.ts';

/** What the store, the log and the libraries hold open besides connections. */
const reserve = 512;

/**
 * Warns when the system lets the process open fewer files than its connections may need: better at start than as
 * refused connections at noon. Node has raised the soft limit to the hard one already.
 */
export async function checkOpenFiles(config: Config, log: Log): Promise<void> {
  const limit = await openFilesLimit();
  const clients = Object.entries(config.listeners).filter(
    ([name, { enabled }]) => enabled && name !== 'metrics',
  );
  const wanted = clients.length * config.limits.connections + reserve;
  if (limit !== undefined && limit < wanted) log.warn('few-open-files', { limit, wanted });
}

/** Undefined where the system does not say. */
async function openFilesLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const match = /^Max open files\s+(\d+)/m.exec(text);
  return match === null ? undefined : Number(match[1]);
}
