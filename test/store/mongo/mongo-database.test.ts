import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import type { Database } from '../../../src/store/mongo/database.ts';
import { operationMs } from '../../../src/store/mongo/limits.ts';
import { connectMongo } from '../../../src/store/mongo/mongo-database.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

await onMongo('MongoDatabase', (url) => {
  describe('MongoDatabase', function () {
    this.timeout(60_000);
    let proxy: TcpProxy;
    let db: Database;
    beforeEach(async () => {
      const { hostname, port } = new URL(url);
      proxy = await TcpProxy.start(Number(port), hostname);
      const name = `zhashik-${randomBytes(6).toString('hex')}`;
      ({ db } = await connectMongo(
        `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
        name,
      ));
    });
    afterEach(async () => {
      await db.close();
      await proxy.close();
    });

    const operations: Readonly<Record<string, (i: number) => Promise<unknown>>> = {
      find: () => db.find('heads', { _id: 1 }),
      insert: (i) =>
        db.insert('audit', [{ _id: `${i}`, octets: Buffer.alloc(100_000) }, { _id: `${i}b` }]),
      update: () => db.update('heads', { _id: 1 }, { $set: { v: 1 } }),
      remove: () => db.remove('audit', { _id: 'none' }),
      take: () => db.take('numbers', 1),
    };
    for (const [name, run] of Object.entries(operations)) {
      it(`${name}: a connection that breaks in the middle is "unavailable", and the next one works`, async () => {
        const outcomes = new Set<string>();
        for (let i = 0; i < 16; i++) {
          const running = Array.from({ length: 4 }, (_, j) => run(4 * i + j));
          if (i % 2 === 0)
            setImmediate(() => {
              proxy.reset();
            });
          for (const settled of await Promise.allSettled(running)) {
            if (settled.status === 'fulfilled') outcomes.add('done');
            else {
              const { reason } = settled as { reason: unknown };
              outcomes.add(reason instanceof MailError ? reason.failure : String(reason));
            }
          }
        }
        // The driver reads again by itself.
        const wanted = name === 'find' ? ['done'] : ['done', 'unavailable'];
        expect([...outcomes].sort()).to.deep.equal(wanted);
        await run(1_000);
      });
    }

    it('a connection that breaks while it is written to is "unavailable"', async () => {
      const outcomes = new Set<string>();
      for (let i = 0; i < 12; i++) {
        proxy.refuse();
        const asked = Object.values(operations).map((run) => run(2_000 + i));
        for (const settled of await Promise.allSettled(asked)) {
          const { reason } = settled as { reason?: unknown };
          outcomes.add(reason instanceof MailError ? reason.failure : String(reason));
        }
        proxy.heal();
        await until('it works again', () =>
          db.find('heads', { _id: 1 }).then(
            () => true,
            () => false,
          ),
        );
      }
      expect([...outcomes]).to.deep.equal(['unavailable']);
    });

    it('a server that says nothing is "unavailable" in time, whatever is asked', async () => {
      await db.update('heads', { _id: 1 }, { $set: { v: 1 } });
      proxy.stall();
      const began = performance.now();
      const asked = Object.values(operations).map((run) => run(0));
      for (const settled of await Promise.allSettled(asked)) {
        expect(settled.status).to.equal('rejected');
        expect((settled as PromiseRejectedResult).reason).to.include({ failure: 'unavailable' });
      }
      expect(performance.now() - began).to.be.below(operationMs + 2_000);
      proxy.heal();
      proxy.reset();
      await until('it works again', () =>
        db.find('heads', { _id: 1 }).then(
          () => true,
          () => false,
        ),
      );
    });
  });
});
