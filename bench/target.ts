/** A mail server that is measured: in processes of its own, in a folder of its own, on free ports. */
export interface Target {
  readonly name: string;
  readonly ports: TargetPorts;
  /** Writes its configuration and makes the accounts, all with `benchPassword`; once, before the first start. */
  prepare(addresses: readonly string[]): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Removes the folder. */
  remove(): void;
  /** User and system time of all its processes so far, since its start. */
  cpuSeconds(): number;
  /** Proportional set size of all its processes. */
  memoryBytes(): number;
  /** What it occupies on the disk. */
  diskBytes(): number;
}

export type TargetPorts = Readonly<Record<'smtp' | 'lmtp' | 'imap' | 'imaps', number>>;

export const benchPassword = 'bench-password-1';
/** Open connections that each target must allow from one address. */
export const mostConnections = 10_000;
/** Sessions that each target must allow to one account. */
export const mostSessionsPerAccount = 100;
