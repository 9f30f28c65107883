import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { authority, bin, head, person } from '../eds/support/authorities.ts';
import { now } from '../eds/support/clock.ts';
import { citizen, company, makeConfirmation } from '../gateway/confirmation/support.ts';
import { type Ran, zhashik } from './support.ts';

describe('zhashik confirmation', function () {
  this.timeout(120_000);
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const put = (name: string, octets: Uint8Array): void => {
    writeFileSync(at(name), octets);
  };
  const verify = (name: string, ...more: readonly string[]): Promise<Ran> =>
    zhashik([
      ...['confirmation', 'verify', at(name), '--profile', 'test', '--trust', at('root.cer')],
      ...['--at', new Date(now + 60_000).toISOString(), ...more],
    ]);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-confirmation-'));
    const ca = await authority('gost2015-512', 'CLI');
    const { json, cms, pdf } = await makeConfirmation(citizen, await head(ca));
    put('root.cer', ca.root.certificate.der);
    put('list.crl', await ca.crl(now));
    put('good.pdf', pdf);
    put('changed.pdf', Buffer.concat([pdf, Buffer.from('\n')]));
    put('confirmation.json', json);
    put('confirmation.json.p7s', cms);
    put('alone.json', json);
    put('other.pdf', (await makeConfirmation(company, await person(ca))).pdf);
    put('none.pdf', Buffer.from('%PDF-1.7\n'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('R-6.2 verify says what was signed and that the pages are as they were issued', async () => {
    const { code, stdout } = await verify('good.pdf', '--crl', at('list.crl'));
    expect(code, stdout).to.equal(0);
    expect(stdout).to.match(/^VALID\n {2}pages {7}as they were issued\n/);
    expect(stdout).to.contain('aigerim@example.kz, official, since 2026-11-22T08:00:04.000Z');
    expect(stdout).to.contain('Айгерім').and.contain('Ұлттық пошта операторы, BIN 050140990113');
  });

  it('R-6.2 verify takes the JSON with its signature beside it, or where it is said to be', async () => {
    const beside = await verify('confirmation.json', '--revocation', 'none');
    expect([beside.code, beside.stdout.slice(0, 6)]).to.deep.equal([0, 'VALID\n']);
    const signature = at('confirmation.json.p7s');
    const said = await verify('alone.json', '--revocation', 'none', '--signature', signature);
    expect(said.code).to.equal(0);
    const { code, stderr } = await verify('alone.json', '--revocation', 'none');
    expect(code).to.equal(2);
    expect(stderr).to.contain('alone.json.p7s cannot be read (ENOENT)');
  });

  it('R-6.2 verify ends with 1 for changed pages and for another signer, and says which', async () => {
    const changed = await verify('changed.pdf', '--revocation', 'none');
    expect(changed.code).to.equal(1);
    expect(changed.stdout).to.contain('the pages show something else than what was signed');
    const other = await verify('other.pdf', '--revocation', 'none');
    expect(other.code).to.equal(1);
    expect(other.stdout).to.contain('the operator that it names has not signed it');
  });

  it('R-6.2 verify demands the operator that it is told', async () => {
    const wanted = await verify('good.pdf', '--revocation', 'none', '--operator', bin);
    expect(wanted.code).to.equal(0);
    const { code, stdout } = await verify(
      'good.pdf',
      ...['--revocation', 'none', '--operator', '160841000015', '--json'],
    );
    expect(code).to.equal(1);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).to.include({ verdict: 'invalid', pages: 'as-issued' });
    expect(report['reasons']).to.deep.equal(['other-operator']);
    expect(report['facts']).to.deep.equal(citizen);
  });

  it('R-6.2 verify ends with 3 when the status is not known, with 2 for what is no confirmation', async () => {
    expect((await verify('good.pdf')).code).to.equal(3);
    const none = await verify('none.pdf');
    expect(none.code).to.equal(2);
    expect(none.stderr).to.contain('does not hold confirmation.json').and.not.contain('    at ');
    expect((await zhashik(['confirmation', 'verify'])).code).to.equal(2);
  });
});
