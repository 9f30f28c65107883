import { MongoClient } from 'mongodb';
import { until } from '../until.ts';
import { MongodProcess } from './mongod-process.ts';

const electionMs = 60_000;

/** Members of one replica set, each a mongod of this program. */
export class ReplicaSet {
  readonly name: string;
  readonly #members: readonly MongodProcess[];

  private constructor(name: string, members: readonly MongodProcess[]) {
    this.name = name;
    this.#members = members;
  }

  /** Resolves when it has a primary. `options` of each member. */
  static async start(
    program: string,
    name: string,
    count: number,
    options: readonly string[] = [],
  ): Promise<ReplicaSet> {
    const started = await Promise.allSettled(
      Array.from({ length: count }, () =>
        MongodProcess.start(program, ['--replSet', name, ...options]),
      ),
    );
    const members = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const set = new ReplicaSet(name, members);
    try {
      for (const each of started) if (each.status === 'rejected') throw each.reason as Error;
      await set.#initiate(options.includes('--configsvr'));
      await set.primary();
    } catch (error) {
      await set.remove();
      throw error;
    }
    return set;
  }

  /** As other servers name it. */
  get seeds(): string {
    return `${this.name}/${this.#members.map(({ host }) => host).join()}`;
  }

  get url(): string {
    const hosts = this.#members.map(({ host }) => host).join();
    return `mongodb://${hosts}/?replicaSet=${this.name}`;
  }

  /** The member that takes writes, as it says itself; waits for one to be elected. */
  async primary(): Promise<MongodProcess> {
    let found: MongodProcess | undefined;
    await until(
      `${this.name} has a primary`,
      async () => {
        for (const member of this.#members) {
          const { isWritablePrimary } = await admin(member, { hello: 1 }).catch(() => ({
            isWritablePrimary: false,
          }));
          if (isWritablePrimary === true) found = member;
        }
        return found !== undefined;
      },
      electionMs,
    );
    return found as MongodProcess;
  }

  /** The primary gives its part to another member. */
  async stepDown(): Promise<void> {
    await admin(await this.primary(), { replSetStepDown: 20, secondaryCatchUpPeriodSecs: 10 });
  }

  async remove(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.remove()));
  }

  async #initiate(configServers: boolean): Promise<void> {
    const [first] = this.#members as [MongodProcess];
    const members = this.#members.map(({ host }, _id) => ({ _id, host }));
    const config = {
      _id: this.name,
      ...(configServers && { configsvr: true }),
      members,
      // Soon, so that tests do not wait for ten seconds each time.
      settings: { electionTimeoutMillis: 2_000, heartbeatIntervalMillis: 500 },
    };
    await admin(first, { replSetInitiate: config });
  }
}

async function admin(
  { url }: MongodProcess,
  command: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 2_000 });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}
