import { expect } from 'chai';
import { random } from '../../bench/letters.ts';
import { type MortalMongo, onMortalMongo, onReplicaSet } from '../support/mongo/on-own-mongo.ts';
import type { ReplicaSet } from '../support/mongo/replica-set.ts';
import { onOwnRedis } from '../support/redis/on-redis.ts';
import { RedisProcess } from '../support/redis/redis-process.ts';
import { until } from '../support/until.ts';
import type { ImapWire } from '../support/wire-client.ts';
import { patienceMs, Stage } from './stage.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261129);
const rounds = 3;

/** Front ends over that database, with letters on their way to both. */
class Load {
  readonly stage: Stage;
  readonly #posters;
  readonly #posting: Promise<unknown>;
  #over = false;

  constructor(stage: Stage) {
    this.stage = stage;
    this.#posters = Array.from({ length: 6 }, (_, i) =>
      stage.poster(`poster${i}`, () => (i % 2 === 0 ? stage.one : stage.two).lmtp),
    );
    this.#posting = Promise.all(this.#posters.map((each) => each.post(() => this.#over)));
  }

  /** Each sender has that many more letters answered for. */
  async goesOn(more: number): Promise<void> {
    const before = this.#posters.map(({ sent }) => sent.length);
    await until(
      'all are answered for again',
      () => this.#posters.every(({ sent }, i) => sent.length >= (before[i] ?? 0) + more),
      patienceMs,
    );
  }

  /** Answers but success. */
  get refusals(): string[] {
    return this.#posters.flatMap(({ replies }) => replies);
  }

  async end(): Promise<void> {
    this.#over = true;
    await this.#posting;
  }
}

const killed = 'front ends when the database is killed';
await onMortalMongo(killed, (serve) =>
  onOwnRedis(killed, () => {
    describe(killed, function () {
      this.timeout(600_000);
      let mongo: MortalMongo;
      let redis: RedisProcess;
      let stage: Stage;
      beforeEach(async () => {
        mongo = await serve();
        redis = await RedisProcess.start();
        stage = await Stage.start({ mongo: mongo.url, redis: redis.url });
      });
      afterEach(async function () {
        if (this.currentTest?.state === 'failed') process.stdout.write(stage.printed());
        await stage.remove();
        await Promise.all([mongo.remove(), redis.remove()]);
      });

      it(`under load, ${rounds} times: temporary errors, nothing acknowledged is lost or doubled, and work again without a restart (seed ${seed})`, async () => {
        const next = random(seed);
        const client = await stage.login(stage.one);
        const load = new Load(stage);
        for (let round = 0; round < rounds; round++) {
          await load.goesOn(2 + Math.floor(next() * 8));
          await mongo.kill();
          try {
            expect((await stage.inTime(client, 'NOOP')).status).to.equal('OK');
            const stored = await stage.inTime(client, 'STORE 1 +FLAGS (\\Flagged)');
            expect(stored.tagged).to.match(/NO \[UNAVAILABLE\]/);
            const login = await stage.tryLogin(stage.two).catch(String);
            expect(login).to.match(/NO \[UNAVAILABLE\]/);
            const before = load.refusals.length;
            await until('told to come again', () => load.refusals.length > before, patienceMs);
          } finally {
            await mongo.start();
          }
          await load.goesOn(3);
          await worksAgain(stage, client);
        }
        await load.end();
        await isWell(stage, load);
      });
    });
  }),
);

const primary = 'front ends when the primary of a replica set goes';
await onReplicaSet(primary, (serve) =>
  onOwnRedis(primary, () => {
    describe(primary, function () {
      this.timeout(600_000);
      let set: ReplicaSet;
      let redis: RedisProcess;
      let stage: Stage;
      beforeEach(async () => {
        set = await serve();
        redis = await RedisProcess.start();
        stage = await Stage.start({ mongo: set.url, redis: redis.url });
      });
      afterEach(async function () {
        if (this.currentTest?.state === 'failed') process.stdout.write(stage.printed());
        await stage.remove();
        await Promise.all([set.remove(), redis.remove()]);
      });

      for (const how of ['steps down', 'is killed'] as const) {
        it(`it ${how} under load, ${rounds} times: nothing acknowledged is lost or doubled, and work goes on with the next one (seed ${seed})`, async () => {
          const next = random(seed);
          const client = await stage.login(stage.one);
          const load = new Load(stage);
          for (let round = 0; round < rounds; round++) {
            await load.goesOn(2 + Math.floor(next() * 8));
            const old = await set.primary();
            if (how === 'steps down') await set.stepDown();
            else await old.kill();
            expect((await stage.inTime(client, 'NOOP')).status).to.equal('OK');
            await load.goesOn(3);
            await worksAgain(stage, client);
            if (how === 'is killed') await old.start();
          }
          await load.end();
          await isWell(stage, load);
        });
      }
    });
  }),
);

/** What a client that was there all the time asks for. */
async function worksAgain(stage: Stage, client: ImapWire): Promise<void> {
  for (const command of [
    'STORE 1 +FLAGS (\\Flagged)',
    'STORE 1 -FLAGS (\\Flagged)',
    'STATUS INBOX (MESSAGES)',
  ]) {
    expect((await stage.inTime(client, command)).status).to.equal('OK');
  }
}

/** Nobody was told more than to come again, the processes are those that were started, and all letters are there once. */
async function isWell(stage: Stage, load: Load): Promise<void> {
  for (const reply of load.refusals) expect(reply).to.match(/^4\d\d 4\./);
  for (const i of [0, 1]) {
    expect(stage.all.runs(i)).to.equal(true);
    // An outage is none of our mistakes.
    expect(stage.all.printed(i)).not.to.match(/"event":"(session|delivery)-failed"/);
  }
  await stage.exactlyOnce();
}
