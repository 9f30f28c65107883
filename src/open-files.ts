import { readFile } from 'node:fs/promises';
import type { Config } from './config/loader.ts';
import type { Log } from './core/log.ts';

/** What the store, the log and the libraries hold open besides connections. */
const reserve = 512;

/** Listeners that share `limits.connections`. */
const protocols = [['smtp'], ['submission', 'submissions'], ['lmtp'], ['imap', 'imaps']] as const;

/**
 * How many connections the process takes, so that the store always finds a file descriptor. Warns when the system lets
 * it open fewer files than the settings may need: better at start than as refused connections at noon. Node has raised
 * the soft limit to the hard one already.
 */
export async function connectionsAllowed(config: Config, log: Log): Promise<number> {
  const limit = await openFilesLimit();
  if (limit === undefined) return Infinity;
  const used = protocols.filter((names) => names.some((name) => config.listeners[name].enabled));
  const wanted = used.length * config.limits.connections + reserve;
  const connections = Math.max(limit - reserve, Math.floor(limit / 2));
  if (limit < wanted) log.warn('few-open-files', { limit, wanted, connections });
  return connections;
}

/** Undefined where the system does not say. */
async function openFilesLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const match = /^Max open files\s+(\d+)/m.exec(text);
  return match === null ? undefined : Number(match[1]);
}
