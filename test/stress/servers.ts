import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { plainConfig, type PlainPorts } from '../support/plain-config.ts';
import { buildServer, ServerProcess } from '../support/server-process.ts';

type Accounts = readonly (readonly [address: string, password: string])[];

/** What random sessions are run against: one server, or several front ends of one store, with these accounts. */
export interface StressServers {
  /** Of each front end. */
  readonly ports: readonly [PlainPorts, ...PlainPorts[]];
  /** Ends all in good order and starts them again. */
  restart(): Promise<void>;
  /** What they printed, for the report of a failure. */
  printed(): string;
  close(): Promise<void>;
}
export type StartServers = (accounts: Accounts) => Promise<StressServers>;

/** The embedded store in one process. */
export async function startEmbedded(accounts: Accounts): Promise<StressServers> {
  buildServer();
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-stress-'));
  const [smtp, lmtp, imap] = (await freePorts(3)) as [number, number, number];
  const ports: PlainPorts = { smtp, lmtp, imap };
  await createAccounts(join(folder, 'data'), accounts);
  const configFile = join(folder, 'zhashik.yaml');
  writeFileSync(configFile, plainConfig('data', ports));
  const start = (): Promise<ServerProcess> =>
    ServerProcess.start(configFile, Object.values(ports), 'build');
  let server = await start();
  return {
    ports: [ports],
    async restart() {
      await server.end('SIGTERM');
      server = await start();
    },
    printed: () => server.printed,
    async close() {
      await server.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
