import { pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Log, LogFields } from './log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PinoLogOptions {
  readonly level: LogLevel;
  /** JSON lines for programs, or lines for people. */
  readonly format: 'json' | 'pretty';
  /** Where it goes: a file descriptor, or something to write to. Standard output when left out. */
  readonly destination?: number | { write(line: string): void };
}

/** A log whose level can change, and that has to be written out before the process ends. */
export interface ProcessLog extends Log {
  setLevel(level: LogLevel): void;
  /** Writes what is buffered, synchronously. */
  flush(): void;
}

/** The log of the process over pino: one JSON object a line with `time`, `level`, `event` and the fields. */
export function openLog(options: PinoLogOptions): ProcessLog {
  const { destination = 1 } = options;
  const descriptor =
    typeof destination === 'number'
      ? pino.destination({ dest: destination, sync: false })
      : undefined;
  const target = descriptor ?? (destination as { write(line: string): void });
  const settings: pino.LoggerOptions = {
    // The threshold below decides, so that it holds for every child and can change.
    level: 'debug',
    base: null,
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  };
  const threshold: Threshold = { least: severity[options.level] };
  const stream = options.format === 'json' ? target : prettyStream(target);
  return {
    ...wrap(pino(settings, stream), threshold),
    setLevel(level) {
      threshold.least = severity[level];
    },
    flush() {
      try {
        descriptor?.flushSync();
      } catch {
        // Not open yet or closed already: there is nowhere left to write to.
      }
    },
  };
}

const severity = { debug: 0, info: 1, warn: 2, error: 3 } as const satisfies Record<
  LogLevel,
  number
>;
interface Threshold {
  least: number;
}

function prettyStream(target: { write(line: string): void }): { write(line: string): void } {
  const pretty = PinoPretty.prettyFactory({
    colorize: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    messageKey: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return {
    write(line) {
      target.write(pretty(line));
    },
  };
}

function wrap(logger: pino.Logger, threshold: Threshold): Log {
  const say =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (severity[level] >= threshold.least) logger[level](hideSecrets(fields), event);
    };
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    with: (fields) => wrap(logger.child(hideSecrets(fields)), threshold),
  };
}

/** Names whose values are never written, whoever logs them by mistake. */
const secretName =
  /pass(?:word|wd|phrase)?$|secret|token|credential|verifier|proof|private|^auth(?:orization)?$/i;

function hideSecrets(fields: LogFields): Record<string, unknown> {
  return hide(fields, 0) as Record<string, unknown>;
}

function hide(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth > 3) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => hide(item, depth + 1));
  const shown: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    shown[name] = secretName.test(name) ? '[hidden]' : hide(item, depth + 1);
  }
  return shown;
}

/** An error as its class, message, code and stack, with its causes; other properties may be anything. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, failure } = error as { code?: unknown; failure?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof failure === 'string' && { failure }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
