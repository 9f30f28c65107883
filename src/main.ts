import { exitCodeOf, exitCodes } from './admin/exit-codes.ts';
import { ListenerError, type Server, compose } from './compose.ts';
import { type Config, loadConfig } from './config/loader.ts';
import { systemClock } from './core/clock.ts';
import { type ProcessLog, openLog } from './core/pino-log.ts';
import { MailError } from './core/errors.ts';
import { DevelopmentProfile } from './development/profile.ts';
import { connectionsAllowed } from './open-files.ts';
import { CertificateError } from './tls/certificate-files.ts';

export interface ServeOptions {
  readonly configFile: string;
  /** Overrides the config's. */
  readonly logFormat: 'json' | 'pretty' | undefined;
  /** The folder of the package, when the development profile is wanted. */
  readonly developmentFolder: string | undefined;
}

/** One Ctrl-C under `npm start` arrives twice: from the terminal and from npm. */
const repeatMs = 1000;
/** What a stop may take beyond `limits.stopMs`, for the store to write what it holds. */
const closeMs = 15_000;

/**
 * Runs the server until it is told to stop, and resolves with the exit code. SIGTERM and SIGINT let clients end what
 * they began (`limits.stopMs`); a second one does not wait. SIGHUP reads config and certificates again.
 * Rejects with `ConfigError` before anything was started.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const config = await loadConfig(options.configFile);
  const log = openLog({ level: config.log.level, format: options.logFormat ?? config.log.format });
  endOnDefect(log);
  // From here on a signal means an orderly end, also while the start is under way.
  const signals = new Signals();
  try {
    return await run(config, options, log, signals);
  } catch (error) {
    if (error instanceof ListenerError) {
      log.error('start-failed', { reason: error.message });
      return exitCodes.unavailable[0];
    }
    if (error instanceof MailError) {
      // A data folder that another process has, or that a newer version made.
      log.error('start-failed', { reason: error.message });
      return exitCodeOf(error.failure);
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
  }
}

async function run(
  config: Config,
  options: ServeOptions,
  log: ProcessLog,
  signals: Signals,
): Promise<number> {
  const { developmentFolder } = options;
  const development =
    developmentFolder === undefined
      ? undefined
      : new DevelopmentProfile(config, developmentFolder, systemClock);
  await development?.prepare();
  const allConnections = await connectionsAllowed(config, log);
  const onFailure = endWith(log, 'store-failed');
  const server = await compose(config, {
    clock: systemClock,
    log,
    onFailure,
    allConnections,
  });
  for (const { name, host, port } of server.addresses)
    log.info('listening', { listener: name, host, port });
  log.info('started', { pid: process.pid, node: process.version });
  signals.onReload(() => void reload(server, options.configFile, log));
  if (development !== undefined) {
    const text = await development.greeting(server.admin('system:development'), server.addresses);
    log.flush();
    process.stdout.write(text);
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

/** The signals of the process as a promise and a callback. */
class Signals {
  /** The first signal that asks for the end. A second one ends at once. */
  readonly stop: Promise<NodeJS.Signals>;
  readonly #handlers: (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[] = [];
  #reload: (() => void) | undefined;
  #reloadAsked = false;

  constructor() {
    let askedAt: number | undefined;
    this.stop = new Promise((resolve) => {
      const onStop = (signal: NodeJS.Signals): void => {
        if (askedAt === undefined) {
          askedAt = performance.now();
          resolve(signal);
        } else if (performance.now() - askedAt > repeatMs) process.exit(exitCodes.software[0]);
      };
      this.#listen('SIGTERM', onStop);
      this.#listen('SIGINT', onStop);
    });
    this.#listen('SIGHUP', () => {
      if (this.#reload === undefined) this.#reloadAsked = true;
      else this.#reload();
    });
  }

  /** A SIGHUP that came before is not lost. */
  onReload(callback: () => void): void {
    this.#reload = callback;
    if (this.#reloadAsked) callback();
  }

  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #listen(signal: NodeJS.Signals, handler: (signal: NodeJS.Signals) => void): void {
    process.on(signal, handler);
    this.#handlers.push([signal, handler]);
  }
}
