import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { ImapWire } from '../support/wire-client.ts';
import { listeners, Place, Served, zhashik } from './support.ts';

const letters = 1000;
const address = 'aigerim@example.kz';
const password = 'correct horse';

describe('zhashik import and export beside a running server', function () {
  this.timeout(120_000);
  let place: Place;
  let server: Served;
  let reader: ImapWire;

  before(async () => {
    const [imap] = (await freePorts(1)) as [number];
    place = new Place({
      listeners: listeners({ imap }).replace(
        `port: ${imap} }`,
        `port: ${imap}, cleartextLoginNetworks: [127.0.0.0/8] }`,
      ),
    });
    await createAccounts(place.path('data'), [[address, password]], { shards: 1 });
    mkdirSync(place.path('mail/cur'), { recursive: true });
    for (let i = 0; i < letters; i++) {
      writeFileSync(place.path(`mail/cur/${1_700_000_000 + i}.a.host:2,S`), `Subject: ${i}\n\nx\n`);
    }
    server = new Served(place.config);
    await server.event('started');
    reader = await ImapWire.login(imap, address, password);
  });
  after(async () => {
    server.signal('SIGTERM');
    await server.ended();
    place.remove();
  });

  it('a session in IDLE is told of the letters while they come, and they can be read', async () => {
    await reader.command('SELECT INBOX');
    reader.wire.write('i IDLE\r\n');
    expect(await reader.wire.line()).to.match(/^\+/);
    const ran = zhashik([
      ...['import', 'aigerim', '--from', `maildir:${place.path('mail')}`],
      ...['--config', place.config, '--apply', '--json'],
    ]);
    const told: number[] = [];
    while (told.at(-1) !== letters) {
      const line = await reader.wire.line();
      const count = /^\* (\d+) EXISTS$/.exec(line)?.[1];
      if (count !== undefined) told.push(Number(count));
    }
    expect(told).to.deep.equal([...new Set(told)].sort((a, b) => a - b));
    expect(told.length, 'not all at once').to.be.greaterThan(1);
    const { code, stdout, stderr } = await ran;
    expect(code, stderr).to.equal(0);
    const done = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(done).to.deep.include({ event: 'done', imported: letters, known: 0 });
    reader.wire.write('DONE\r\n');
    expect((await reader.answer('i')).status).to.equal('OK');
    const { untagged } = await reader.command(`FETCH 1,${letters} (FLAGS BODY.PEEK[TEXT])`);
    const seen = untagged.filter(({ text }) => text.includes('FLAGS (\\Seen)'));
    expect(seen.map(({ literals }) => literals[0]?.toString())).to.deep.equal(['x\r\n', 'x\r\n']);
  });

  it('an export shows what sessions have done a moment ago', async () => {
    await reader.command('STORE 1 +FLAGS.SILENT (\\Flagged)');
    const to = place.path('out');
    const args = ['export', 'aigerim', '--to', `maildir:${to}`, '--config', place.config];
    const { code, stdout, stderr } = await zhashik(args);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal(`${letters} exported, 0 there before, 0 renamed\n`);
    const names = readdirSync(`${to}/cur`);
    expect(names).to.have.lengthOf(letters);
    expect(names.filter((name) => name.endsWith(':2,FS'))).to.have.lengthOf(1);
    expect(readdirSync(`${to}/tmp`)).to.deep.equal([]);
  });
});
