import cluster from 'node:cluster';
import { exitCodeOf, exitCodes } from './admin/exit-codes.ts';
import { BackendError } from './backend-error.ts';
import { ListenerError, type Server, compose } from './compose.ts';
import { ConfigError } from './config/config-error.ts';
import { type Config, loadConfig } from './config/loader.ts';
import { systemClock } from './core/clock.ts';
import { type ProcessLog, openLog } from './core/pino-log.ts';
import { MailError } from './core/errors.ts';
import { DevelopmentProfile } from './development/profile.ts';
import { connectionsAllowed } from './open-files.ts';
import { serveWorkers } from './serve-workers.ts';
import { Signals } from './signals.ts';
import { CertificateError } from './tls/certificate-files.ts';
import { servePrimary } from './workers/serve-primary.ts';
import { workerVariable } from './workers/worker-pool.ts';

export interface ServeOptions {
  readonly configFile: string;
  /** Processes that serve; one, this one, when it is 1. */
  readonly workers: number;
  /** Overrides the config's. */
  readonly logFormat: 'json' | 'pretty' | undefined;
  /** The folder of the package, when the development profile is wanted. */
  readonly developmentFolder: string | undefined;
}

/** What a stop may take beyond `limits.stopMs`, for the store to write what it holds. */
const closeMs = 15_000;

/**
 * Runs the server until it is told to stop, and resolves with the exit code; with several workers it runs them. SIGTERM and SIGINT let clients end what
 * they began (`limits.stopMs`); a second one does not wait. SIGHUP reads config and certificates again.
 * Rejects with `ConfigError` before anything was started.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const config = await loadConfig(options.configFile);
  const worker = cluster.isWorker ? Number(process.env[workerVariable]) : undefined;
  const log = processLog(config, options, worker);
  endOnDefect(log);
  // From here on a signal means an orderly end, also while the start is under way.
  const signals = new Signals();
  try {
    if (worker === undefined && options.workers > 1) {
      const size = options.workers;
      // A worker gives up by itself before that.
      const stopMs = config.limits.stopMs + 2 * closeMs;
      return await serveWorkers(config, { size, stopMs }, log, signals);
    }
    return await run(config, options, log, signals, worker);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof ListenerError) {
      log.error('start-failed', { reason: error.message });
      return exitCodes.unavailable[0];
    }
    if (error instanceof MailError) {
      // A data folder that another process has, or that a newer version made.
      log.error('start-failed', { reason: error.message });
      return exitCodeOf(error.failure);
    }
    if (error instanceof BackendError) {
      log.error('start-failed', { reason: error.message });
      return exitCodes[error.reason][0];
    }
    if (error instanceof CertificateError) {
      log.error('start-failed', { reason: error.message });
      return exitCodes.config[0];
    }
    log.error('start-failed', { err: error });
    return exitCodes.software[0];
  } finally {
    signals.release();
    log.flush();
    // The line to the primary would keep the process.
    cluster.worker?.disconnect();
  }
}

function processLog(
  { log }: Config,
  { logFormat }: ServeOptions,
  worker: number | undefined,
): ProcessLog {
  const all = openLog({ level: log.level, format: logFormat ?? log.format });
  return worker === undefined ? all : { ...all, ...all.with({ worker }) };
}

async function run(
  config: Config,
  options: ServeOptions,
  log: ProcessLog,
  signals: Signals,
  worker: number | undefined,
): Promise<number> {
  const { developmentFolder } = options;
  const development =
    developmentFolder === undefined
      ? undefined
      : new DevelopmentProfile(config, developmentFolder, systemClock);
  try {
    return await runWith(development, config, options, log, signals, worker);
  } finally {
    // The simulated services would keep the process, also after a start that failed.
    await development?.close();
  }
}

async function runWith(
  development: DevelopmentProfile | undefined,
  config: Config,
  options: ServeOptions,
  log: ProcessLog,
  signals: Signals,
  worker: number | undefined,
): Promise<number> {
  const prepared = await development?.prepare();
  const operator = prepared?.operator;
  const allConnections = await connectionsAllowed(config, log);
  const onFailure = endWith(log, 'store-failed');
  const server = await compose(prepared?.config ?? config, {
    clock: systemClock,
    log,
    onFailure,
    allConnections,
    ...(operator !== undefined && { development: { operator } }),
    ...(worker !== undefined && { worker }),
  });
  for (const { name, host, port } of server.addresses)
    log.info('listening', { listener: name, host, port });
  log.info('started', { pid: process.pid, node: process.version });
  if (worker !== undefined) servePrimary(server.metrics);
  signals.onReload(() => void reload(server, options.configFile, log));
  if (development !== undefined) {
    const text = await development.greeting(server.admin('system:development'), server.addresses);
    log.flush();
    process.stdout.write(text);
    process.stdout.write(await development.registrations(server.addresses));
  }
  const signal = await signals.stop;
  return stop(server, config.limits.stopMs, signal, log);
}

async function stop(
  server: Server,
  stopMs: number,
  signal: NodeJS.Signals,
  log: ProcessLog,
): Promise<number> {
  log.info('stopping', { signal, stopMs });
  const giveUp = setTimeout(() => {
    log.error('stop-timed-out', { afterMs: stopMs + closeMs });
    log.flush();
    process.exit(exitCodes.software[0]);
  }, stopMs + closeMs);
  try {
    await server.close();
  } finally {
    clearTimeout(giveUp);
  }
  log.info('stopped');
  return exitCodes.ok[0];
}

async function reload(server: Server, configFile: string, log: ProcessLog): Promise<void> {
  try {
    const config = await loadConfig(configFile);
    const { applied, needsRestart } = await server.reload(config);
    log.setLevel(config.log.level);
    log.info('reloaded', { applied });
    // The old value stays in force: said each time, so that nobody waits for a change in vain.
    if (needsRestart.length > 0) log.warn('restart-needed', { settings: needsRestart });
  } catch (error) {
    // A server with yesterday's settings is better than none.
    log.error('reload-refused', { reason: error instanceof Error ? error.message : String(error) });
  }
}

/** A bug leaves nobody knows what behind in memory; what was answered is on disk. A supervisor starts us afresh. */
function endOnDefect(log: ProcessLog): void {
  process.once('uncaughtException', endWith(log, 'uncaught-exception'));
  process.once('unhandledRejection', endWith(log, 'unhandled-rejection'));
}

function endWith(log: ProcessLog, event: string): (error: unknown) => void {
  return (error) => {
    log.error(event, { err: error });
    log.flush();
    process.exit(exitCodes.software[0]);
  };
}
