import { expect } from 'chai';
import { Agencies } from '../../../src/gateway/agencies/agencies.ts';
import type { Agency } from '../../../src/gateway/agencies/agency.ts';
import type { Identity } from '../../../src/gateway/api.ts';
import type { Bin, Iin } from '../../../src/gateway/identifiers/values.ts';
import { JournalRegistry } from '../../../src/gateway/registry/journal-registry.ts';
import { limits } from '../../../src/gateway/resolver/limits.ts';
import { LookUps } from '../../../src/gateway/resolver/look-ups.ts';
import { Resolver } from '../../../src/gateway/resolver/resolver.ts';
import {
  type LetterSender,
  TokenAddresses,
} from '../../../src/gateway/resolver/token-addresses.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { aigerim, berik, ministry, vault } from '../agencies/support.ts';
import { dyingRecords } from '../records/dying-records.ts';
import { event } from '../registry/support.ts';
import { refused } from '../support/refused.ts';

const person: Identity = { type: 'individual', iin: '850101399113' as Iin };
const stranger: Identity = { type: 'individual', iin: '991231499118' as Iin };
const nobody = 'NOT_FOUND_OR_NOT_ALLOWED';

describe('the resolver', () => {
  let house: OpenEmbedded;
  let records: RecordStore;
  let agencies: Agencies;
  let registry: JournalRegistry;
  let tokens: TokenAddresses;
  let lookUps: LookUps;
  let resolver: Resolver;
  let agency: Agency;
  let now: number;
  let lastUsed: number | undefined;
  const clock = { now: () => now };

  beforeEach(async () => {
    house = await openEmbedded();
    now = 1_700_000_000_000;
    lastUsed = now;
    ({ records } = house.store);
    resolver = resolverOver(records);
    await agencies.add(aigerim, ministry);
    await agencies.promote(aigerim, 'ministry');
    agency = await agencies.promote(berik, 'ministry');
    await registry.enter(
      event('created', 1, {
        subject: vault.key(person),
        address: 'aigerim@example.kz',
        facts: { level: 'basic' },
        at: now,
      }),
    );
  });
  afterEach(() => house.remove());

  function resolverOver(over: RecordStore): Resolver {
    const { audit } = house.store;
    agencies = new Agencies({ records: over, audit, vault, clock });
    registry = new JournalRegistry(over);
    tokens = new TokenAddresses({
      records: over,
      agencies,
      audit,
      clock,
      mailDomain: 'example.kz',
    });
    lookUps = new LookUps(over);
    return new Resolver({
      records: over,
      registry,
      tokens,
      lookUps,
      activity: { lastUsed: () => Promise.resolve(lastUsed) },
      audit,
      vault,
      clock,
    });
  }

  function lookUp(who: Identity = person, purpose = 'court-notice'): Promise<string> {
    return refused(() => resolver.resolve(agency, 'agency:ministry', who, purpose));
  }

  async function audited(): Promise<unknown[]> {
    const all = await house.store.audit.list({ limit: 100 });
    return all.filter(({ action }) => action === 'resolver.look-up').map(({ detail }) => detail);
  }

  describe('answers', () => {
    it('R-4.1 a token address with the level, whether it is dormant, and until when', async () => {
      const found = await resolver.resolve(agency, 'agency:ministry', person, 'court-notice');
      expect(found.address).to.match(/^[a-z2-7]{32}@r\.example\.kz$/);
      expect(found).to.deep.include({
        level: 'basic',
        dormant: false,
        expiresAt: now + limits.tokenMs,
      });
      const again = await resolver.resolve(agency, 'agency:ministry', person, 'court-notice');
      expect(again.address).not.to.equal(found.address);
    });

    it('R-4.1 that a mailbox is dormant which nobody used for half a year, or ever', async () => {
      for (const used of [now, undefined]) {
        lastUsed = used;
        const at = now;
        now = at + limits.dormantMs;
        const before = await resolver.resolve(agency, 'agency:ministry', person, 'court-notice');
        now += 1;
        const after = await resolver.resolve(agency, 'agency:ministry', person, 'court-notice');
        expect([before.dormant, after.dormant], String(used)).to.deep.equal([false, true]);
        now = at;
      }
    });

    it('R-13.2 legal entities by their BIN', async () => {
      const company: Identity = { type: 'legalEntity', bin: '050140990113' as Bin };
      const subject = vault.key(company);
      await registry.enter(event('created', 2, { subject, subjectType: 'legalEntity' }));
      const found = await resolver.resolve(agency, 'agency:ministry', company, 'court-notice');
      expect(found.level).to.equal('official');
    });
  });

  describe('refuses with the same words', () => {
    for (const [title, prepare, who, purpose] of [
      ['whom nobody knows', undefined, stranger, 'court-notice'],
      ['a purpose that is not its', undefined, person, 'tax-notice'],
      ['a purpose that there is not', undefined, person, 'constructor'],
      ['a state body in test', { state: 'test' }, person, 'court-notice'],
      ['a state body that is suspended', { state: 'suspended' }, person, 'court-notice'],
    ] as const) {
      it(`R-4.1 ${title}`, async () => {
        agency = { ...agency, ...prepare };
        expect(await lookUp(who, purpose)).to.equal(nobody);
      });
    }

    it('R-4.1 a mailbox that is closed; one that is suspended is told', async () => {
      const its = { subject: vault.key(person), address: 'aigerim@example.kz' };
      await registry.enter(event('suspended', 1, its));
      expect(await lookUp()).to.equal('taken');
      await registry.enter(event('closed', 1, its));
      expect(await lookUp()).to.equal(nobody);
    });

    it('R-4.1 after the same work', async () => {
      const count = async (who: Identity, purpose: string): Promise<number[]> => {
        const counting = dyingRecords(records, { at: Infinity, when: 'before' });
        const counted = resolverOver(counting.records);
        await refused(() => counted.resolve(agency, 'agency:ministry', who, purpose));
        return [counting.reads(), counting.writes()];
      };
      await lookUp();
      const unknown = await count(stranger, 'court-notice');
      expect(await count(stranger, 'tax-notice')).to.deep.equal(unknown);
      expect(await count(person, 'tax-notice')).to.deep.equal(unknown);
    });
  });

  describe('keeps every look-up', () => {
    it('R-4.1 for whom it concerns, newest first, whether or not it was told', async () => {
      await lookUp();
      now += 1;
      await lookUp(person, 'tax-notice');
      now += 1;
      await lookUp(person, 'marketing');
      await lookUp(stranger);
      const told = await lookUps.list(vault.key(person));
      expect(
        told.map(({ agency: who, purpose, at, outcome }) => [who, purpose, at, outcome]),
      ).to.deep.equal([
        ['ministry', null, now, 'not-allowed'],
        ['ministry', 'tax-notice', now - 1, 'not-allowed'],
        ['ministry', 'court-notice', now - 2, 'found'],
      ]);
      const strange = await lookUps.list(vault.key(stranger));
      expect(strange.map(({ outcome }) => outcome)).to.deep.equal(['not-found']);
    });

    it('R-4.1 in pages', async () => {
      for (let i = 0; i < 5; i++) await lookUp();
      const subject = vault.key(person);
      const first = await lookUps.list(subject, { limit: 3 });
      const before = first.at(-1)?.cursor ?? '';
      const second = await lookUps.list(subject, { limit: 3, before });
      expect([first.length, second.length]).to.deep.equal([3, 2]);
      expect(new Set([...first, ...second].map(({ cursor }) => cursor)).size).to.equal(5);
    });

    it('R-10.1 in the audit log, without the IIN', async () => {
      await lookUp();
      await lookUp(person, '850101399113');
      const subject = vault.key(person);
      expect(await audited()).to.deep.equal([
        { agency: 'ministry', purpose: 'unknown', outcome: 'not-allowed', subject },
        { agency: 'ministry', purpose: 'court-notice', outcome: 'found', subject },
      ]);
      const all = await Promise.all(
        ['lookup', 'token', 'agency', 'registry'].map((kind) => records.list(kind, { limit: 100 })),
      );
      expect(JSON.stringify([all, await audited()])).not.to.contain('850101399113');
    });

    it('R-4.1 before it is answered: when that fails, nothing is told', async () => {
      await lookUp();
      const outcomes: string[] = [];
      for (let at = 1; at <= 3; at++) {
        const mortal = dyingRecords(records, { at, when: 'before' });
        const dying = resolverOver(mortal.records);
        const told = await dying
          .resolve(agency, 'agency:ministry', person, 'court-notice')
          .catch((error: unknown) => (error as Error).message);
        outcomes.push(typeof told === 'string' ? told : 'told');
      }
      // The allowance, the look-up, the token address.
      expect(outcomes).to.deep.equal(Array<string>(3).fill('The process has ended'));
      expect(await records.list('token', { limit: 10 })).to.have.length(1);
    });
  });

  describe('limits each state body', () => {
    it('to its look-ups a minute, evenly, whatever they find', async () => {
      agency = { ...agency, lookupsPerMinute: 4 };
      const outcomes: string[] = [];
      for (let i = 0; i < 5; i++) outcomes.push(await lookUp(i % 2 === 0 ? person : stranger));
      expect(outcomes).to.deep.equal(['taken', nobody, 'taken', nobody, 'LOOKUP_LIMIT seconds=15']);
      now += 14_999;
      expect(await lookUp()).to.equal('LOOKUP_LIMIT seconds=1');
      now += 1;
      expect(await lookUp()).to.equal('taken');
      expect(await lookUp()).to.equal('LOOKUP_LIMIT seconds=15');
      now += 3_600_000;
      for (let i = 0; i < 4; i++) expect(await lookUp()).to.equal('taken');
      expect(await lookUp()).to.equal('LOOKUP_LIMIT seconds=15');
      now -= 3_600_000;
      expect(await lookUp()).to.match(/^LOOKUP_LIMIT/);
      // What was not looked up is not kept.
      expect(await lookUps.list(vault.key(person))).to.have.length(7);
    });

    it('over all processes, and by itself', async () => {
      agency = { ...agency, lookupsPerMinute: 30 };
      const others = [resolver, resolverOver(records), resolverOver(records)];
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          refused(() =>
            (others[i % 3] as Resolver).resolve(agency, 'agency:ministry', person, 'court-notice'),
          ),
        ),
      );
      expect(outcomes.filter((one) => one === 'taken')).to.have.length(30);
      agency = { ...agency, id: 'court' };
      expect(await lookUp()).to.equal('taken');
    });
  });

  describe('token addresses', () => {
    const sender: LetterSender = {
      reversePath: 'letters@ministry.example',
      peer: '192.0.2.7',
      subject: undefined,
    };
    let address: string;

    beforeEach(async () => {
      ({ address } = await resolver.resolve(agency, 'agency:ministry', person, 'court-notice'));
    });

    it('R-4.1 lead to the mailbox for the state body that got them', async () => {
      expect(await tokens.route(address, sender)).to.equal('aigerim@example.kz');
      const upper = { ...sender, reversePath: 'Letters@MINISTRY.example' };
      expect(await tokens.route(address, upper)).to.equal('aigerim@example.kz');
      const own = { reversePath: 'x@example.kz', peer: '203.0.113.1', subject: agency.subject };
      expect(await tokens.route(address, own)).to.equal('aigerim@example.kz');
    });

    for (const [title, other] of [
      ['of another domain', { reversePath: 'letters@other.example' }],
      ['of a domain below its', { reversePath: 'letters@x.ministry.example' }],
      ['from another network', { peer: '203.0.113.1' }],
      ['from another mailbox', { peer: '203.0.113.1', subject: 'x' }],
      ['with the null reverse-path', { reversePath: '' }],
    ] as const) {
      it(`R-4.1 lead nowhere for a letter ${title}`, async () => {
        expect(await tokens.route(address, { ...sender, ...other })).to.equal(undefined);
      });
    }

    it('R-4.1 lead nowhere once their time is over, and are removed', async () => {
      now += limits.tokenMs - 1;
      expect(await tokens.route(address, sender)).to.equal('aigerim@example.kz');
      expect(await tokens.purge()).to.equal(0);
      now += 1;
      expect(await tokens.route(address, sender)).to.equal(undefined);
      expect(await tokens.purge()).to.equal(1);
      expect(await records.list('token', { limit: 10 })).to.deep.equal([]);
    });

    it('R-4.1 lead nowhere once the operator ends them', async () => {
      await tokens.revoke({ ...aigerim, apply: false }, address);
      expect(await tokens.route(address, sender)).to.equal('aigerim@example.kz');
      await tokens.revoke(aigerim, address);
      await tokens.revoke(berik, address);
      expect(await tokens.route(address, sender)).to.equal(undefined);
      const audit = await house.store.audit.list({ limit: 1 });
      expect(audit[0]?.actor).to.equal('cli:aigerim');
      const unknown = await tokens.revoke(aigerim, `x${address}`).catch((error: unknown) => error);
      expect((unknown as Error).message).to.equal('There is no such token address');
    });

    it('R-4.1 lead nowhere while the state body is suspended', async () => {
      await agencies.suspend(aigerim, 'ministry', 'test');
      expect(await tokens.route(address, sender)).to.equal(undefined);
      expect(await tokens.route(address, { ...sender, subject: agency.subject })).to.equal(
        undefined,
      );
    });

    it('R-4.1 cost one read when there is no such, and none when it is none', async () => {
      const counting = dyingRecords(records, { at: Infinity, when: 'before' });
      resolverOver(counting.records);
      const reads: number[] = [];
      for (const one of [
        'short@r.example.kz',
        'a'.repeat(32) + '@example.kz',
        address.replace('r.', 's.'),
        address.toUpperCase(),
      ]) {
        expect(await tokens.route(one, sender), one).to.equal(undefined);
        reads.push(counting.reads());
      }
      expect(reads).to.deep.equal([0, 0, 0, 0]);
      expect(await tokens.route(`${'a'.repeat(32)}@r.example.kz`, sender)).to.equal(undefined);
      expect(counting.reads()).to.equal(1);
    });

    it('R-4.1 are all letters and digits of the random octets', async () => {
      const made = new TokenAddresses({
        records,
        agencies,
        audit: house.store.audit,
        clock,
        mailDomain: 'example.kz',
        random: () => Buffer.from('00443214c74254b635cf84653a56d7c675be77df', 'hex'),
      });
      // RFC 4648 §6: the octets are the alphabet in its order.
      const { address: known } = await made.issue(agency, {
        subject: vault.key(person),
        address: 'x@example.kz',
      });
      expect(known).to.equal('abcdefghijklmnopqrstuvwxyz234567@r.example.kz');
    });
  });
});
