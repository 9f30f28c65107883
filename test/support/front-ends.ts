import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { connectMongo } from '../../src/store/mongo/mongo-database.ts';
import { type MongoStore, openMongoStore } from '../../src/store/mongo/mongo-store.ts';
import { addAccounts } from './accounts.ts';
import { freePorts } from './free-ports.ts';
import { plainConfig, type PlainPorts } from './plain-config.ts';
import { buildServer, ServerProcess } from './server-process.ts';

export interface FrontEndsOptions {
  /** The database server, as the test itself reaches it. */
  readonly mongo: string;
  readonly redis: string | undefined;
  readonly accounts: readonly (readonly [address: string, password: string])[];
  readonly count?: number;
  /** How a front end reaches the servers, if not as the test does. */
  readonly mongoOf?: (frontEnd: number) => string;
  readonly redisOf?: (frontEnd: number) => string;
  /** Lines of the config. */
  readonly more?: readonly string[];
}

/** Front ends in processes of their own over one database and one Redis, as they are shipped. */
export class FrontEnds {
  readonly ports: readonly PlainPorts[];
  readonly #options: FrontEndsOptions;
  readonly #name = `zhashik-${randomBytes(6).toString('hex')}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'zhashik-front-ends-'));
  readonly #servers: ServerProcess[] = [];

  private constructor(options: FrontEndsOptions, ports: readonly PlainPorts[]) {
    this.#options = options;
    this.ports = ports;
  }

  static async start(options: FrontEndsOptions): Promise<FrontEnds> {
    buildServer();
    const { count = 2, accounts } = options;
    const free = await freePorts(3 * count);
    const ports = Array.from({ length: count }, (_, i) => {
      const [smtp, lmtp, imap] = free.slice(3 * i) as [number, number, number];
      return { smtp, lmtp, imap };
    });
    const all = new FrontEnds(options, ports);
    try {
      const store = await all.openStore();
      await addAccounts(store, accounts);
      await store.close();
      await Promise.all(ports.map((_, i) => all.start(i)));
    } catch (error) {
      await all.remove();
      throw error;
    }
    return all;
  }

  /** The store as the test itself sees it. */
  async openStore(): Promise<MongoStore> {
    const { db } = await connectMongo(this.#options.mongo, this.#name);
    return openMongoStore({ db });
  }

  configFile(frontEnd: number): string {
    return join(this.#folder, `front-end-${frontEnd}.yaml`);
  }

  async start(frontEnd: number): Promise<void> {
    const ports = this.ports[frontEnd] as PlainPorts;
    const { mongo, redis, more = [] } = this.#options;
    const { mongoOf = () => mongo, redisOf = () => redis } = this.#options;
    const redisUrl = redisOf(frontEnd);
    const file = this.configFile(frontEnd);
    const lines = [
      `store: { kind: mongodb, mongodb: { url: '${mongoOf(frontEnd)}', database: ${this.#name} } }`,
      ...(redisUrl === undefined
        ? []
        : [`bus: { kind: redis, redis: { url: '${redisUrl}', prefix: ${this.#name} } }`]),
      ...(more.some((line) => line.startsWith('login:'))
        ? []
        : ['login: { scryptN: 1024, scryptP: 1, scramIterations: 4096 }']),
      ...more,
    ];
    writeFileSync(file, plainConfig(`data-${frontEnd}`, ports, lines));
    this.#servers[frontEnd] = await ServerProcess.start(file, Object.values(ports), 'build');
  }

  async end(frontEnd: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#servers[frontEnd]?.end(signal);
  }

  /** Whether the process is still the one that was started. */
  runs(frontEnd: number): boolean {
    return this.#servers[frontEnd]?.ended === false;
  }

  printed(frontEnd: number): string {
    return this.#servers[frontEnd]?.printed ?? '';
  }

  /** Ends all and removes their data. */
  async remove(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.end('SIGKILL')));
    const client = new MongoClient(this.#options.mongo);
    await client.db(this.#name).dropDatabase();
    await client.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
