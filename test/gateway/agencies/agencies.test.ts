import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import { Agencies } from '../../../src/gateway/agencies/agencies.ts';
import type { Agency, NewAgency } from '../../../src/gateway/agencies/agency.ts';
import { limits } from '../../../src/gateway/agencies/limits.ts';
import { purposes } from '../../../src/gateway/agencies/purposes.ts';
import type { AuditEntry } from '../../../src/store/api.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { dyingRecords } from '../records/dying-records.ts';
import { aigerim, berik, ministry, vault } from './support.ts';

const certificate = 'ab'.repeat(32);

describe('state bodies', () => {
  let house: OpenEmbedded;
  let agencies: Agencies;
  let now: number;

  beforeEach(async () => {
    house = await openEmbedded();
    now = 1_700_000_000_000;
    agencies = agenciesOver(house.store.records);
  });
  afterEach(() => house.remove());

  function agenciesOver(records: RecordStore): Agencies {
    const { audit } = house.store;
    return new Agencies({ records, audit, vault, clock: { now: () => now } });
  }

  async function failure(work: () => Promise<unknown>): Promise<string> {
    try {
      await work();
    } catch (error) {
      if (error instanceof MailError) return error.failure;
      throw error;
    }
    return 'done';
  }

  async function audited(): Promise<(AuditEntry & { actor: string })[]> {
    const records = await house.store.audit.list({ limit: 100 });
    return records
      .map(({ actor, action, detail }) => ({ actor, action, ...(detail && { detail }) }))
      .reverse();
  }

  async function states(): Promise<string[]> {
    const all: Agency[] = [];
    for await (const one of agencies.all()) all.push(one);
    return all.map(({ id, state }) => `${id} ${state}`);
  }

  describe('come in', () => {
    it('for tests first, with persons sealed and a record of who did it', async () => {
      const agency = await agencies.add(aigerim, ministry);
      expect(agency.state).to.equal('test');
      expect(agency.subject).to.equal(vault.key({ type: 'legalEntity', bin: ministry.bin }));
      expect(agencies.responsible(agency)).to.deep.equal(ministry.responsible);
      const stored = await house.store.records.get('agency', 'ministry');
      expect(stored?.value).not.to.contain('Омаров');
      expect(await agencies.get('ministry')).to.deep.equal(agency);
      expect(await audited()).to.deep.equal([
        { actor: 'cli:aigerim', action: 'agency.add', detail: { agency: 'ministry' } },
      ]);
    });

    it('once', async () => {
      await agencies.add(aigerim, ministry);
      expect(await failure(() => agencies.add(berik, ministry))).to.equal('already-exists');
      expect(await failure(() => agencies.get('other'))).to.equal('not-found');
      expect(await states()).to.deep.equal(['ministry test']);
    });

    it('not at all in a dry run', async () => {
      const tried = await agencies.add({ ...aigerim, apply: false }, ministry);
      expect(tried.id).to.equal('ministry');
      expect(await states()).to.deep.equal([]);
      expect(await audited()).to.deep.equal([]);
    });

    for (const [title, wrong] of [
      ['an id in capitals', { id: 'Ministry' }],
      ['an id of 33 letters', { id: 'a'.repeat(33) }],
      ['a BIN of 11 digits', { bin: '16084100001' }],
      ['no name', { names: { ...ministry.names, kk: ' ' } }],
      ['a long name', { names: { ...ministry.names, ru: 'я'.repeat(limits.nameCharacters + 1) } }],
      ['a long agreement', { agreement: 'x'.repeat(limits.agreementCharacters + 1) }],
      ['a domain in capitals', { domains: ['Ministry.example'] }],
      ['a domain of one label', { domains: ['example'] }],
      [
        'too many domains',
        { domains: Array.from({ length: limits.domains + 1 }, (_, i) => `m${i}.example`) },
      ],
      ['no network', { networks: ['192.0.2.0/33'] }],
      ['too many networks', { networks: Array<string>(limits.networks + 1).fill('192.0.2.1') }],
      ['a purpose that there is not', { purposes: ['marketing'] }],
      [
        'too many profiles',
        { profiles: Array.from({ length: limits.profiles + 1 }, (_, i) => `p${i}`) },
      ],
      ['no look-ups', { lookupsPerMinute: 0 }],
      ['too many look-ups', { lookupsPerMinute: limits.mostLookupsPerMinute + 1 }],
      ['nobody who answers for it', { responsible: [] }],
      ['too many who do', { responsible: Array<string>(limits.responsible + 1).fill('A') }],
      ['a long text of who does', { responsible: ['x'.repeat(limits.responsibleCharacters + 1)] }],
      ['something more', { level: 1 }],
    ] as const) {
      it(`not with ${title}`, async () => {
        const given = { ...ministry, ...wrong } as unknown as NewAgency;
        expect(await failure(() => agencies.add(aigerim, given))).to.equal('invalid');
      });
    }
  });

  describe('go into production', () => {
    beforeEach(() => agencies.add(aigerim, ministry));

    it('when two different persons say so, each in the audit log', async () => {
      const proposed = await agencies.promote(aigerim, 'ministry');
      expect([proposed.state, proposed.proposal?.by]).to.deep.equal(['test', 'cli:aigerim']);
      const promoted = await agencies.promote(berik, 'ministry');
      expect([promoted.state, promoted.proposal]).to.deep.equal(['production', null]);
      expect(
        (await audited()).slice(1).map(({ actor, detail }) => [actor, detail?.['state']]),
      ).to.deep.equal([
        ['cli:aigerim', 'test'],
        ['cli:berik', 'production'],
      ]);
    });

    it('not when one says it twice', async () => {
      await agencies.promote(aigerim, 'ministry');
      expect(await failure(() => agencies.promote(aigerim, 'ministry'))).to.equal('no-permission');
      expect(await states()).to.deep.equal(['ministry test']);
    });

    it('not by both at once when they are one, and by two at once', async () => {
      await Promise.allSettled([
        agencies.promote(aigerim, 'ministry'),
        agencies.promote(aigerim, 'ministry'),
      ]);
      expect(await states()).to.deep.equal(['ministry test']);
      await agencies.promote(berik, 'ministry');
      expect(await states()).to.deep.equal(['ministry production']);
    });

    it('not when the second comes after a week: that is a first one', async () => {
      await agencies.promote(aigerim, 'ministry');
      now += limits.proposalMs + 1;
      expect((await agencies.promote(berik, 'ministry')).state).to.equal('test');
      now += limits.proposalMs;
      expect((await agencies.promote(aigerim, 'ministry')).state).to.equal('production');
    });

    for (const [title, change] of [
      ['its domains', () => agencies.change(berik, 'ministry', { domains: ['other.example'] })],
      ['a certificate', () => agencies.addCertificate(berik, 'ministry', certificate)],
      ['its secret', () => agencies.newSecret(berik, 'ministry')],
    ] as const) {
      it(`not when ${title} changed since the first said so`, async () => {
        await agencies.promote(aigerim, 'ministry');
        await change();
        expect((await agencies.promote(berik, 'ministry')).state).to.equal('test');
      });
    }

    for (const [title, change] of [
      ['a domain', { domains: [] }],
      ['a purpose', { purposes: [] }],
      ['a way to be known', { networks: [] }],
    ] satisfies [string, object][]) {
      it(`not without ${title}`, async () => {
        await agencies.change(aigerim, 'ministry', change);
        expect(await failure(() => agencies.promote(aigerim, 'ministry'))).to.equal('invalid');
      });
    }

    it('and are changed then only after they are suspended, which takes two again', async () => {
      await agencies.promote(aigerim, 'ministry');
      await agencies.promote(berik, 'ministry');
      const change = (): Promise<unknown> =>
        agencies.change(aigerim, 'ministry', { domains: ['x.example'] });
      expect(await failure(change)).to.equal('invalid');
      expect(await failure(() => agencies.promote(aigerim, 'ministry'))).to.equal('invalid');
      await agencies.suspend(aigerim, 'ministry', 'moves');
      await agencies.suspend(aigerim, 'ministry', 'again');
      await change();
      expect(await failure(() => agencies.promote(aigerim, 'ministry'))).to.equal('invalid');
      expect((await agencies.resume(aigerim, 'ministry')).state).to.equal('test');
      expect(await failure(() => agencies.resume(aigerim, 'ministry'))).to.equal('invalid');
      expect((await audited()).filter(({ action }) => action === 'agency.suspend')).to.have.length(
        1,
      );
    });

    it('not in a dry run', async () => {
      await agencies.promote({ ...aigerim, apply: false }, 'ministry');
      expect((await agencies.get('ministry')).proposal).to.equal(null);
      expect(await failure(() => agencies.suspend(aigerim, 'ministry', ''))).to.equal('invalid');
      const long = 'x'.repeat(limits.reasonCharacters + 1);
      expect(await failure(() => agencies.suspend(aigerim, 'ministry', long))).to.equal('invalid');
    });
  });

  describe('are known', () => {
    beforeEach(async () => {
      await agencies.add(aigerim, ministry);
      await agencies.add(aigerim, { ...ministry, id: 'court' });
    });

    it('by their certificates, until those are taken away', async () => {
      await agencies.addCertificate(aigerim, 'ministry', certificate);
      await agencies.addCertificate(aigerim, 'ministry', certificate);
      expect((await agencies.findByCertificate(certificate))?.id).to.equal('ministry');
      expect((await agencies.get('ministry')).certificates).to.deep.equal([certificate]);
      await agencies.removeCertificate(aigerim, 'ministry', certificate);
      expect(await agencies.findByCertificate(certificate)).to.equal(undefined);
      const again = (): Promise<unknown> =>
        agencies.removeCertificate(aigerim, 'ministry', certificate);
      expect(await failure(again)).to.equal('not-found');
      await agencies.addCertificate(aigerim, 'court', certificate);
      expect((await agencies.findByCertificate(certificate))?.id).to.equal('court');
    });

    it('by no certificate of another, and not by too many', async () => {
      await agencies.addCertificate(aigerim, 'ministry', certificate);
      const steal = (): Promise<unknown> => agencies.addCertificate(aigerim, 'court', certificate);
      expect(await failure(steal)).to.equal('already-exists');
      expect(await failure(() => agencies.addCertificate(aigerim, 'court', 'xyz'))).to.equal(
        'invalid',
      );
      for (let i = 0; i < limits.certificates; i++) {
        await agencies.addCertificate(aigerim, 'court', String(i).padStart(64, '0'));
      }
      const more = (): Promise<unknown> =>
        agencies.addCertificate(aigerim, 'court', 'cd'.repeat(32));
      expect(await failure(more)).to.equal('limit');
      expect(await agencies.findByCertificate('cd'.repeat(32))).to.equal(undefined);
    });

    it('by their secret, which is told once and kept as a digest', async () => {
      const first = await agencies.newSecret(aigerim, 'ministry');
      expect((await agencies.findBySecret(first.secret))?.id).to.equal('ministry');
      expect((await house.store.records.get('agency', 'ministry'))?.value).not.to.contain(
        first.secret.split('.')[1],
      );
      const second = await agencies.newSecret(aigerim, 'ministry');
      expect(await agencies.findBySecret(first.secret)).to.equal(undefined);
      expect((await agencies.findBySecret(second.secret))?.id).to.equal('ministry');
      const random = second.secret.split('.')[1] ?? '';
      for (const wrong of [
        '',
        '.',
        'ministry',
        'ministry.',
        `court.${random}`,
        `x.${random}`,
        `${second.secret}x`,
      ]) {
        expect(await agencies.findBySecret(wrong), wrong).to.equal(undefined);
      }
    });

    for (const when of ['before', 'after'] as const) {
      it(`by a certificate once it is given again, wherever the process ended ${when} a write`, async () => {
        for (let at = 1; at <= 2; at++) {
          const mortal = dyingRecords(house.store.records, { at, when });
          const dying = agenciesOver(mortal.records);
          const digest = `${when === 'after' ? 'a' : 'b'}${at}`.padEnd(64, '0');
          await dying.addCertificate(aigerim, 'court', digest).catch(() => undefined);
          expect(mortal.dead()).to.equal(true);
          const found = await agencies.findByCertificate(digest);
          expect(found?.id).to.equal(at === 2 && when === 'after' ? 'court' : undefined);
          const owner = found === undefined ? 'ministry' : 'court';
          await agencies.addCertificate(aigerim, owner, digest);
          expect((await agencies.findByCertificate(digest))?.id).to.equal(owner);
        }
      });
    }
  });

  it('look addresses up for purposes that have words in three languages', () => {
    for (const [name, text] of Object.entries(purposes)) {
      expect(Object.keys(text), name).to.deep.equal(['kk', 'ru', 'en']);
    }
  });
});
