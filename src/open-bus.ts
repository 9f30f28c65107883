import { readFile } from 'node:fs/promises';
import { BackendError } from './backend-error.ts';
import type { Hints, SessionCount, Throttle } from './bus/api.ts';
import type { FailureRule } from './bus/failure-delay.ts';
import { LocalHints } from './bus/local/hints.ts';
import { LocalSessionCount } from './bus/local/session-count.ts';
import { LocalThrottle } from './bus/local/throttle.ts';
import type { Config } from './config/loader.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';

/** What processes share besides the store. */
export interface Bus {
  readonly hints: Hints;
  readonly sessions: SessionCount;
  /** A throttle of that name; a process remembers so many keys by itself. */
  throttle(name: string, rule: FailureRule, maxKeys: number): Throttle;
  /** Whether the other processes are reached; undefined where there are none to reach. */
  up(): boolean | undefined;
  close(): Promise<void>;
}

/** The bus that the config asks for. `BackendError` when its server does not want us; without a server it begins alone. */
export function openBus(config: Config, clock: Clock, log: Log): Promise<Bus> {
  const own = (rule: FailureRule, maxKeys: number): LocalThrottle =>
    new LocalThrottle({ ...rule, clock, maxKeys });
  return config.bus.kind === 'redis' ? openRedis(config, log, own) : Promise.resolve(local(own));
}

type OwnThrottle = (rule: FailureRule, maxKeys: number) => Throttle;

function local(own: OwnThrottle): Bus {
  return {
    hints: new LocalHints(),
    sessions: new LocalSessionCount(),
    throttle: (_name, rule, maxKeys) => own(rule, maxKeys),
    up: () => undefined,
    close: () => Promise.resolve(),
  };
}

async function openRedis(config: Config, log: Log, own: OwnThrottle): Promise<Bus> {
  const { redis } = config.bus;
  if (redis === undefined) throw new TypeError('The config was not checked');
  const { url, prefix, user, password, authority } = redis;
  const { RedisBus } = await import('./bus/redis/redis-bus.ts');
  try {
    const ca = authority === undefined ? undefined : await readFile(authority, 'utf8');
    const bus = await RedisBus.open({
      server: {
        url,
        ...(user !== undefined && { username: user }),
        ...(password !== undefined && { password: password.reveal() }),
        ...(ca !== undefined && { socket: { tls: true, ca } }),
      },
      prefix,
      log,
    });
    return {
      hints: bus.hints,
      sessions: bus.sessions,
      throttle: (name, rule, maxKeys) => bus.throttle(name, rule, own(rule, maxKeys)),
      up: () => bus.up,
      close: () => bus.close(),
    };
  } catch (error) {
    const { message } = error as Error;
    const text = `The bus: ${message}; bus.redis in ${config.file} names it`;
    throw new BackendError('config', text, { cause: error });
  }
}
