/**
 * One event, one line. `event` is a fixed kebab-case name; fields have fixed names too (`conn`, `account`,
 * `mailbox`, `uid`, `listener`, `peer`, `err`). No password, subject, body, IIN or stranger's address goes in.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log that adds these fields to each line. */
  with(fields: LogFields): Log;
}
export type LogFields = Readonly<Record<string, unknown>>;

/** Says nothing; for tests and for tools that report in another way. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
