import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { inboxId } from '../../src/core/values.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { octetsOf } from '../store/support.ts';
import { createAccounts } from '../support/accounts.ts';
import { Place, start, zhashik } from './support.ts';

const letters = 1500;
const kills = 3;

describe('zhashik import and export', function () {
  this.timeout(120_000);
  let place: Place;
  before(async () => {
    place = new Place();
    await createAccounts(place.path('data'), [['aigerim@example.kz', 'correct horse']]);
    mkdirSync(place.path('mail/cur'), { recursive: true });
    for (let i = 0; i < letters; i++) {
      const name = `${1_700_000_000 + i}.a.host:2,S`;
      writeFileSync(place.path(`mail/cur/${name}`), `Subject: ${i}\n\ntext ${i}\n`);
    }
  });
  after(() => {
    place.remove();
  });
  const args = () => [
    'import',
    'aigerim',
    '--from',
    `maildir:${place.path('mail')}`,
    '--config',
    place.config,
  ];

  /** Kills the import with the first progress that shows letters stored. */
  async function killed(): Promise<number> {
    const child = start([...args(), '--json', '--apply']);
    let said = '';
    let imported = 0;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const counts = [...said.matchAll(/"imported":(\d+)/g)].map(([, count]) => Number(count));
      imported = Math.max(imported, ...counts);
      if (imported > 0) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    return imported;
  }

  it('stores each letter once, however often it is killed and run again', async () => {
    for (let i = 0; i < kills; i++) await killed();
    const ran = await zhashik([...args(), '--apply', '--json']);
    expect(ran.code, ran.stderr).to.equal(0);
    const done = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(Number(done['imported']) + Number(done['known'])).to.equal(letters);
    const store = await openEmbeddedStore({ folder: place.path('data') });
    const account = await store.accounts.find('aigerim@example.kz');
    const open = await store.open(account!.id, inboxId);
    const seen = new Set<string>();
    for (let i = 0; i < open.view.count; i++) {
      const text = (await octetsOf(store, account!.id, open.view.emailAt(i))).toString();
      seen.add(/Subject: (\d+)/.exec(text)?.[1] ?? '');
    }
    expect([open.view.count, seen.size]).to.deep.equal([letters, letters]);
    open.close();
    await store.close();
  });

  it('says what it would do, what it did, and what is wrong', async () => {
    const dry = await zhashik(args());
    expect(dry.stdout).to.equal(`0 to import, ${letters} imported before, 0 failed\n`);
    expect(dry.stderr).to.include('dry run');
    writeFileSync(place.path('mail/cur/1800000000.nul:2,'), 'Subject: x\n\na\0b\n');
    const bad = await zhashik([...args(), '--apply']);
    expect(bad.code).to.equal(65);
    expect(bad.stdout).to.include('1 failed (1 nul)');
    expect(bad.stderr).to.include('NUL').and.not.include('Subject');
    expect(
      (await zhashik(['import', 'aigerim', '--from', 'pst:/x', '--config', place.config])).code,
    ).to.equal(65);
    const none = ['import', 'nobody', '--from', 'maildir:/', '--config', place.config];
    expect((await zhashik(none)).code).to.equal(67);
    const to = ['export', 'aigerim', '--to', `mbox:${place.path('out')}`, '--config', place.config];
    expect((await zhashik(to)).stdout).to.equal(`${letters} exported, 0 there before, 0 renamed\n`);
  });
});
