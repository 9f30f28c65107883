import { hash } from 'node:crypto';
import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import type { RegistryEvent } from '../../../src/gateway/api.ts';
import { JournalRegistry } from '../../../src/gateway/registry/journal-registry.ts';
import { limits } from '../../../src/gateway/registry/limits.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { dyingRecords } from '../records/dying-records.ts';
import { clear, event, subjectOf, wrongIn } from './support.ts';

describe('the unified base', () => {
  let house: OpenEmbedded;
  let records: RecordStore;
  let registry: JournalRegistry;

  beforeEach(async () => {
    house = await openEmbedded();
    ({ records } = house.store);
    registry = new JournalRegistry(records);
  });
  afterEach(() => house.remove());

  async function refusal(entering: Promise<unknown>): Promise<string> {
    try {
      await entering;
    } catch (error) {
      if (error instanceof MailError) return error.failure;
      throw error;
    }
    return 'entered';
  }

  async function exported(): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of registry.export()) lines.push(line);
    return lines;
  }

  describe('entries', () => {
    it('R-13.1 are numbered without gaps, and each has the digest of the one before', async () => {
      expect(await registry.head()).to.deep.equal({ number: 0, digest: '0'.repeat(64) });
      const first = await registry.enter(event('created', 1));
      const second = await registry.enter(event('suspended', 1));
      expect([first.number, second.number]).to.deep.equal([1, 2]);
      expect(first.previous).to.equal('0'.repeat(64));
      const stored = await records.get('registry', '000000000001');
      expect(second.previous).to.equal(hash('sha256', stored?.value ?? '', 'hex'));
      const lines = await exported();
      expect(lines).to.have.length(2);
      expect(lines[0]).to.equal(stored?.value);
      expect(await registry.head()).to.deep.equal({
        number: 2,
        digest: hash('sha256', lines[1] ?? '', 'hex'),
      });
    });

    it('R-13.1 are told with the history of an owner, oldest first', async () => {
      await registry.enter(event('created', 1));
      await registry.enter(event('created', 2));
      await registry.enter(event('level', 1, { facts: { level: 'basic' } }));
      const history = await registry.history(subjectOf(1));
      expect(history.map(({ number, kind }) => [number, kind])).to.deep.equal([
        [1, 'created'],
        [3, 'level'],
      ]);
      expect(await registry.history(subjectOf(3))).to.deep.equal([]);
    });

    it('come in once, whoever gives the event again', async () => {
      const created = event('created', 1);
      const given = [created, created, created].map((one) => registry.enter(one));
      const others = new JournalRegistry(records);
      given.push(others.enter(created));
      const entries = await Promise.all(given);
      entries.push(await registry.enter(created));
      expect(new Set(entries.map(({ number }) => number))).to.deep.equal(new Set([1]));
      expect(await exported()).to.have.length(1);
    });

    it('are not the events of others with the same id', async () => {
      const { id } = await registry.enter(event('created', 1));
      expect(await refusal(registry.enter(event('created', 2, { id })))).to.equal('already-exists');
      expect(await refusal(registry.enter(event('suspended', 1, { id })))).to.equal(
        'already-exists',
      );
    });

    it('of many callers in many processes make one chain', async () => {
      const processes = [1, 2, 3].map(() => new JournalRegistry(records));
      const entries = await Promise.all(
        Array.from({ length: 240 }, (_, i) =>
          (processes[i % 3] as JournalRegistry).enter(event('created', i)),
        ),
      );
      const numbers = entries.map(({ number }) => number).sort((a, b) => a - b);
      expect(numbers).to.deep.equal(Array.from({ length: 240 }, (_, i) => i + 1));
      const lines = await exported();
      let previous = '0'.repeat(64);
      for (const line of lines) {
        expect((JSON.parse(line) as { previous: string }).previous).to.equal(previous);
        previous = hash('sha256', line, 'hex');
      }
    });

    it('R-4.1 200 mailboxes of one address at once: one comes in', async () => {
      const processes = [1, 2].map(() => new JournalRegistry(records));
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          refusal(
            (processes[i % 2] as JournalRegistry).enter(
              event('created', i, { address: 'one@example.kz' }),
            ),
          ),
        ),
      );
      expect(outcomes.filter((one) => one === 'entered')).to.have.length(1);
      expect(outcomes.filter((one) => one === 'already-exists')).to.have.length(199);
    });

    it('come in groups: many callers cost few writes', async () => {
      const counting = dyingRecords(records, { at: Infinity, when: 'before' });
      const many = new JournalRegistry(counting.records);
      const before = counting.writes();
      await Promise.all(
        Array.from({ length: limits.groupEvents + 1 }, (_, i) =>
          many.enter(event('created', 1, { id: `created-${i}`, address: `u${i}@example.kz` })),
        ).map((one) => one.catch(() => undefined)),
      );
      // One owner can have one mailbox: one entry, in the first group.
      expect(counting.writes() - before).to.be.at.most(6);
    });
  });

  describe('views', () => {
    it('show what the entries made', async () => {
      const at = 1_700_000_000_000;
      await registry.enter(event('created', 1, { facts: { level: 'basic' } }));
      const view = {
        subject: subjectOf(1),
        subjectType: 'individual',
        address: 'user1@example.kz',
        level: 'basic',
        status: 'active',
        createdAt: at,
        changedAt: at,
      };
      expect(await registry.find(subjectOf(1))).to.deep.equal(view);
      expect(await registry.findAddress('user1@example.kz')).to.deep.equal(view);
      for (const [kind, change] of [
        ['level', { level: 'official' }],
        ['suspended', { status: 'suspended' }],
        ['restored', { status: 'active' }],
        ['name', {}],
        ['agreement', {}],
        ['head', {}],
        ['liquidation', {}],
        ['closed', { status: 'closed' }],
      ] as const) {
        Object.assign(view, change, { changedAt: view.changedAt + 1 });
        await registry.enter(event(kind, 1, { at: view.changedAt }));
        expect(await registry.find(subjectOf(1)), kind).to.deep.equal(view);
        expect(await registry.findAddress('user1@example.kz'), kind).to.deep.equal(view);
      }
    });

    it('are undefined for who is not there', async () => {
      expect(await registry.find(subjectOf(1))).to.equal(undefined);
      expect(await registry.findAddress('nobody@example.kz')).to.equal(undefined);
    });

    it('R-4.1 keep a closed mailbox beside the new one of its owner', async () => {
      await registry.enter(event('created', 1));
      await registry.enter(event('closed', 1));
      const address = 'again@example.kz';
      await registry.enter(event('created', 1, { id: 'again', address, at: 1_800_000_000_000 }));
      expect((await registry.find(subjectOf(1)))?.address).to.equal(address);
      expect((await registry.findAddress('user1@example.kz'))?.status).to.equal('closed');
      expect((await registry.findAddress(address))?.status).to.equal('active');
    });

    it('of another process are there as soon as its entry is', async () => {
      await new JournalRegistry(records).enter(event('created', 1));
      expect((await registry.find(subjectOf(1)))?.address).to.equal('user1@example.kz');
    });
  });

  describe('what cannot happen', () => {
    const created = event('created', 1);
    for (const [title, before, wrong, failure] of [
      [
        'a second mailbox of an owner',
        [],
        { ...created, id: 'b', address: 'b@example.kz' },
        'already-exists',
      ],
      ['an address again', [], event('created', 2, { address: created.address }), 'already-exists'],
      [
        'an address again once it is closed',
        [event('closed', 1)],
        event('created', 1, { id: 'b' }),
        'already-exists',
      ],
      ['a change of a mailbox that is not there', [], event('suspended', 2), 'invalid'],
      [
        'a change by another owner',
        [],
        event('suspended', 2, { address: created.address }),
        'invalid',
      ],
      ['a change of a closed mailbox', [event('closed', 1)], event('restored', 1), 'invalid'],
    ] as const satisfies readonly (readonly [
      string,
      readonly RegistryEvent[],
      RegistryEvent,
      string,
    ])[]) {
      it(`R-3.2 ${title} is ${failure}`, async () => {
        for (const one of [created, ...before]) await registry.enter(one);
        expect(await refusal(registry.enter(wrong))).to.equal(failure);
        expect(await exported()).to.have.length(before.length + 1);
      });
    }

    it('is not what is noted of a closed mailbox', async () => {
      for (const kind of ['created', 'closed', 'name', 'head', 'agreement'] as const) {
        await registry.enter(event(kind, 1));
      }
      expect((await registry.find(subjectOf(1)))?.status).to.equal('closed');
    });

    it('does not stop the others of its group', async () => {
      const outcomes = await Promise.all(
        [event('created', 1), event('closed', 9), event('created', 2), event('closed', 2)].map(
          (one) => refusal(registry.enter(one)),
        ),
      );
      expect(outcomes).to.deep.equal(['entered', 'invalid', 'entered', 'entered']);
    });
  });

  describe('what is no event', () => {
    for (const [title, more] of [
      ['an IIN as a fact', { facts: { a: '850101400011' } }],
      ['an IIN in a fact', { facts: { a: 'of 850101400011.' } }],
      ['an IIN as a number', { facts: { a: 850101400011 } }],
      ['an IIN in full-width digits', { facts: { a: '８５０１０１４０００１１' } }],
      ['a BIN in the cause', { cause: 'operator:160841000015' }],
      [
        'too many facts',
        { facts: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a${i}`, 1])) },
      ],
      ['a long fact', { facts: { a: 'x'.repeat(limits.factCharacters + 1) } }],
      ['a long id', { id: 'x'.repeat(limits.idCharacters + 1) }],
      ['a long cause', { cause: 'x'.repeat(limits.causeCharacters + 1) }],
      ['a long address', { address: `${'a'.repeat(limits.addressCharacters)}@example.kz` }],
      ['an address in capitals of a domain', { address: 'a@EXAMPLE.kz' }],
      ['no number for a time', { at: NaN }],
      ['a level that there is not', { kind: 'level', facts: { level: 'high' } }],
      ['an owner that is none', { subject: '850101400011' }],
    ] as const) {
      it(`${title} is refused`, async () => {
        const wrong = { ...event('created', 1), ...more } as unknown as RegistryEvent;
        expect(await refusal(registry.enter(wrong))).to.equal('invalid');
      });
    }

    it('but digests, times and places in a feed are', async () => {
      const facts = { sha256: '0123456789012'.repeat(4), at: 1_700_000_000_000 };
      await registry.enter(event('created', 1, { facts, cause: 'state:000000000012' }));
    });

    it('more than may wait are told to come again', async () => {
      const many = Array.from({ length: limits.waitingEvents + limits.groupEvents + 1 }, (_, i) =>
        refusal(registry.enter(event('suspended', i))),
      );
      const outcomes = await Promise.all(many);
      expect(outcomes.filter((one) => one === 'unavailable').length).to.be.within(1, 101);
    });
  });

  describe('a process that ends', () => {
    const group = [event('created', 1), event('created', 2), event('level', 1)];

    for (const when of ['before', 'after'] as const) {
      it(`R-13.1 ${when} any of its writes leaves what the next one makes good`, async () => {
        let ends = 0;
        for (let at = 1; ; at++) {
          await clear(records);
          const mortal = dyingRecords(records, { at, when });
          const dying = new JournalRegistry(mortal.records);
          await Promise.all(group.map((one) => dying.enter(one).catch(() => undefined)));
          if (!mortal.dead()) break;
          ends += 1;
          const next = new JournalRegistry(records);
          // Whatever is in is found, and whatever is given again comes in once.
          const { number } = await next.head();
          const found = await next.findAddress('user1@example.kz');
          expect(found?.status, `${at}`).to.equal(number > 0 ? 'active' : undefined);
          for (const one of group) await next.enter(one);
          expect((await next.head()).number, `${at}`).to.equal(3);
          expect((await next.history(subjectOf(1))).map(({ kind }) => kind)).to.deep.equal([
            'created',
            'level',
          ]);
          expect(await wrongIn(records), `${at}`).to.deep.equal([]);
        }
        expect(ends).to.be.at.least(6);
      });
    }
  });

  it('R-10.1 does not go on from an entry that was changed', async () => {
    await registry.enter(event('created', 1));
    const stored = await records.get('registry', '000000000001');
    const text = stored?.value.replace('user1', 'userl') ?? '';
    await records.replace('registry', '000000000001', 1, text);
    expect(await refusal(registry.enter(event('created', 2)))).to.equal('internal');
  });

  it('R-10.1 does not go on from entries that do not follow each other', async () => {
    const { previous, ...first } = await registry.enter(event('created', 1));
    const stray = { ...first, id: 'stray', number: 2, format: 1, previous };
    await records.insert('registry', [{ key: '000000000002', value: JSON.stringify(stray) }]);
    expect(await refusal(registry.enter(event('created', 2)))).to.equal('internal');
  });

  it('does not read what a newer version wrote', async () => {
    await registry.enter(event('created', 1));
    const key = subjectOf(1);
    const stored = await records.get('registry-view', key);
    const text = stored?.value.replace('"format":1', '"format":2') ?? '';
    await records.replace('registry-view', key, stored?.version ?? 0, text);
    const told = await registry.find(key).catch((error: unknown) => (error as Error).message);
    expect(told).to.match(/newer version/);
    expect(told).not.to.contain(key);
  });
});
