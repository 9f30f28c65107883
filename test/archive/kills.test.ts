import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { backUp } from '../../src/archive/backup.ts';
import { verifyArchive } from '../../src/archive/verify-archive.ts';
import { inboxId } from '../../src/core/values.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { Random } from '../mail/indexing.ts';
import { openEmbedded, type OpenEmbedded } from '../store/embedded/backend.ts';
import { appendAll, delivery, letter, withContent } from '../store/support.ts';
import {
  digestsOf,
  fill,
  fillRecords,
  finish,
  pictureOf,
  problems,
  recordsOf,
  runApart,
} from './support.ts';

/** `KILLS=100 SEED=5 npx mocha test/archive/kills.test.ts` for more of them. */
const kills = Number(process.env['KILLS'] ?? 8);
const seed = Number(process.env['SEED'] ?? 1);

describe('archive: kills at random moments', function () {
  this.timeout(120_000 + kills * 120_000);
  let one: OpenEmbedded;
  const folders: string[] = [];
  const temporary = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'zhashik-archive-'));
    folders.push(folder);
    return folder;
  };
  beforeEach(async () => {
    one = await openEmbedded({ shards: 1 });
  });
  afterEach(async () => {
    await one.remove();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it(`a backup taken up again is a whole one, and what there was before can be restored (seed ${seed})`, async () => {
    const random = new Random(seed);
    const accounts = [await fill(one.store, 0, 20), await fill(one.store, 1, 20)];
    await waitingLetter(one);
    await fillRecords(one.store);
    const reference = temporary();
    await finish(backUp(one.store, reference, undefined, Date.now));
    await one.store.close();
    const first = await runApart(['backup', one.folder, temporary()]);
    let moments = Number(first.output);
    let folder = temporary();
    let changed = false;
    for (let done = 0; done < kills;) {
      const moment = String(1 + random.below(moments));
      const { signal, output } = await runApart(['backup', one.folder, folder, moment]);
      if (signal !== null) {
        expect(signal).to.equal('SIGKILL');
        done++;
        const verified = await finish(verifyArchive(folder)).catch(() => undefined);
        expect(verified?.damaged ?? 0, `killed at moment ${moment}`).to.equal(0);
        continue;
      }
      expect(digestsOf(folder), output).to.deep.equal(digestsOf(reference));
      // Now the same for what an incremental backup adds, then again from the beginning.
      await one.reopen();
      if (changed) folder = temporary();
      else {
        await appendAll(one.store, accounts[0]!.id, inboxId, [letter('more'), letter('', 90_000)]);
        await one.store.expunge(accounts[0]!.id, inboxId);
      }
      changed = !changed;
      rmSync(reference, { recursive: true });
      await finish(backUp(one.store, reference, undefined, Date.now));
      await one.store.close();
      moments = changed ? 120 : Number(first.output);
    }
    await runApart(['backup', one.folder, folder]);
    const inLast = digestsOf(folder);
    expect(inLast).to.include(digestsOf(reference));
    expect(await finish(verifyArchive(folder))).to.include({ complete: true, damaged: 0 });
    await one.reopen();
  });

  it(`a restore taken up again brings each message once, with its numbers (seed ${seed})`, async () => {
    const random = new Random(seed);
    const accounts = [await fill(one.store, 0, 20), await fill(one.store, 1, 20)];
    await waitingLetter(one);
    await fillRecords(one.store);
    const pictures = await Promise.all(accounts.map(({ id }) => pictureOf(one.store, id)));
    const audits = (await one.store.audit.list({ limit: 100 })).length;
    const records = await recordsOf(one.store);
    const archive = temporary();
    await finish(backUp(one.store, archive, undefined, Date.now));
    const whole = Number((await runApart(['restore', temporary(), archive])).output);
    let place = temporary();
    let rounds = 0;
    for (let done = 0; done < kills || rounds === 0;) {
      const moment = String(1 + random.below(whole));
      const last = done >= kills;
      const { signal } = await runApart(['restore', place, archive, ...(last ? [] : [moment])]);
      if (signal !== null) {
        expect(signal).to.equal('SIGKILL');
        done++;
        continue;
      }
      const store = await openEmbeddedStore({ folder: place, shards: 1, writers: 1, readers: 1 });
      try {
        for (const [i, account] of accounts.entries()) {
          const restored = await store.accounts.find(account.canonical);
          expect(restored?.status).to.equal('active');
          expect(await pictureOf(store, restored!.id)).to.deep.equal(pictures[i]);
        }
        expect(await problems(store)).to.deep.equal([]);
        expect(await store.outbox.count()).to.equal(1);
        const restored = (await store.audit.list({ limit: 1000 })).filter(
          ({ detail }) => detail?.['restoredFrom'] === one.store.upkeep.storeId,
        );
        expect(restored).to.have.length(audits);
        expect(await recordsOf(store)).to.deep.equal(records);
      } finally {
        await store.close();
      }
      rounds++;
      place = temporary();
    }
    expect(readFileSync(join(archive, 'backup.json'), 'utf8')).to.contain('"complete"');
  });
});

/** A letter for elsewhere. */
async function waitingLetter({ store }: OpenEmbedded): Promise<void> {
  const [account] = await store.accounts.list({ limit: 1 });
  const recipient = {
    forwardPath: 'a@example.org',
    notify: undefined,
    originalRecipient: undefined,
  };
  await withContent(store, letter('for elsewhere', 100_000), (content) =>
    store.accept(content, [delivery(account!.id)], {
      relayId: 'relay-1',
      reversePath: 'sender@example.kz',
      recipients: [recipient],
      envelopeId: undefined,
      returnContent: undefined,
      smtpUtf8: false,
      account: account!.id,
    }),
  );
}
