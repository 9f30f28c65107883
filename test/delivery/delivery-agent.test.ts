import { expect } from 'chai';
import type { Accepted, AddressAlias } from '../../src/delivery/api.ts';
import { StoreDeliveryAgent, type DeliveryParts } from '../../src/delivery/delivery-agent.ts';
import type { Account, AccountStatus, Content, Delivery, Relay } from '../../src/store/api.ts';
import type { AccountId, Uid } from '../../src/core/values.ts';

function account(
  id: number,
  name: string,
  status: AccountStatus = 'active',
  bytes?: number,
): Account {
  return {
    id: id as AccountId,
    address: `${name}@example.kz`,
    canonical: `${name}@example.kz`,
    status,
    credentials: { hash: undefined, scram: undefined },
    quota: { bytes, messages: undefined },
    createdAt: 0,
  };
}

const aigerim = account(1, 'aigerim');
const berik = account(2, 'berik');
const accounts = [
  aigerim,
  berik,
  account(3, 'suspended', 'suspended'),
  account(4, 'closed', 'closed'),
  account(5, 'small', 'active', 1000),
  account(6, 'айгерім'),
];

interface Taken {
  readonly deliveries: readonly Delivery[];
  readonly relay: Relay | undefined;
}

/** An agent over a store that remembers what it was given; `failing` accounts are over quota. */
function agentWith(
  options: {
    postmaster?: string;
    maxConfirmed?: number;
    failing?: readonly number[];
    alias?: AddressAlias;
  } = {},
): { agent: StoreDeliveryAgent; taken: Taken[]; outcomes: string[] } {
  const taken: Taken[] = [];
  const outcomes: string[] = [];
  const seen = new Set<string>();
  const parts: DeliveryParts = {
    accounts: {
      find: (canonical) => Promise.resolve(accounts.find((one) => one.canonical === canonical)),
    },
    quotas: {
      quota: () =>
        Promise.resolve({
          usedBytes: 900,
          usedMessages: 1,
          limits: { bytes: 1000, messages: undefined },
        }),
    },
    messages: {
      accept: (_, deliveries, relay) => {
        taken.push({ deliveries, relay });
        return Promise.resolve(
          deliveries.map(({ account: id, deliveryId }) => {
            if (options.failing?.includes(id) === true) {
              return { status: 'failed' as const, failure: 'over-quota' as const };
            }
            const duplicate = seen.has(deliveryId);
            seen.add(deliveryId);
            return { status: 'stored' as const, duplicate, uidValidity: 1, uid: 1 as Uid };
          }),
        );
      },
    },
    clock: { now: () => 1_000_000 },
    ...(options.alias !== undefined && { alias: options.alias }),
    onOutcome: (outcome) => outcomes.push(outcome),
  };
  const agent = new StoreDeliveryAgent(
    { localDomains: ['example.kz', 'xn--80a1acny.kz'], ...options },
    parts,
  );
  return { agent, taken, outcomes };
}

function letter(to: readonly (Account | string)[], more: Partial<Accepted> = {}): Accepted {
  return {
    reversePath: 'a@b.example',
    recipients: to.map((one) => ({
      forwardPath: typeof one === 'string' ? one : one.address,
      account: typeof one === 'string' ? undefined : one,
      notify: undefined,
      originalRecipient: undefined,
    })),
    content: {} as Content,
    clientDigest: 'digest',
    envelopeId: undefined,
    returnContent: undefined,
    smtpUtf8: false,
    submitter: undefined,
    ...more,
  };
}

describe('the delivery agent', () => {
  describe('routes', () => {
    for (const [address, kind, size] of [
      ['aigerim@example.kz', 'local'],
      ['AIGERIM@EXAMPLE.KZ', 'local'],
      ['"aigerim"@example.kz', 'local'],
      ['айгерім@example.kz', 'local'],
      ['nobody@example.kz', 'unknown'],
      ['suspended@example.kz', 'suspended'],
      ['closed@example.kz', 'closed'],
      ['small@example.kz', 'local', 100],
      ['small@example.kz', 'full', 101],
      ['small@example.kz', 'local', undefined],
      [`${'a'.repeat(65)}@example.kz`, 'unknown'],
      ['a@elsewhere.example', 'remote'],
      ['a@sub.example.kz', 'remote'],
      ['a@[192.0.2.1]', 'remote'],
      ['postmaster', 'unknown'],
      ['postmaster@example.kz', 'unknown'],
    ] as const) {
      it(`${address.slice(0, 30)} ${size ?? ''} is ${kind}`, async () => {
        expect((await agentWith().agent.route(address, size)).kind).to.equal(kind);
      });
    }

    it('postmaster to the account that reads it, in each domain of ours', async () => {
      const { agent } = agentWith({ postmaster: 'Berik@example.kz' });
      for (const address of [
        'postmaster',
        'PostMaster',
        'POSTMASTER@example.kz',
        'postmaster@xn--80a1acny.kz',
      ]) {
        expect(await agent.route(address, undefined)).to.deep.equal({
          kind: 'local',
          account: berik,
        });
      }
      expect((await agent.route('postmaster@elsewhere.example', undefined)).kind).to.equal(
        'remote',
      );
    });

    describe('aliases', () => {
      const sender = { reversePath: 'a@b.example', peer: '192.0.2.1', account: undefined };
      const aliases: Readonly<Record<string, string>> = {
        'one@r.example.kz': 'aigerim@example.kz',
        'shut@r.example.kz': 'closed@example.kz',
        'held@r.example.kz': 'suspended@example.kz',
        'small@r.example.kz': 'small@example.kz',
        'lost@r.example.kz': 'nobody@example.kz',
      };
      const alias: AddressAlias = {
        domain: 'r.example.kz',
        route: (canonical, { peer }) =>
          Promise.resolve(peer === sender.peer ? aliases[canonical] : undefined),
      };

      for (const [address, kind, size] of [
        ['one@r.example.kz', 'local'],
        ['ONE@R.example.kz', 'local'],
        ['two@r.example.kz', 'unknown'],
        ['lost@r.example.kz', 'unknown'],
        ['shut@r.example.kz', 'unknown'],
        ['held@r.example.kz', 'suspended'],
        ['small@r.example.kz', 'full', 101],
        [`${'a'.repeat(65)}@r.example.kz`, 'unknown'],
        ['one@s.r.example.kz', 'remote'],
      ] as const) {
        it(`${address.slice(0, 30)} ${size ?? ''} is ${kind}`, async () => {
          const { agent } = agentWith({ alias });
          expect((await agent.route(address, size, sender)).kind).to.equal(kind);
        });
      }

      it('lead nowhere for others, and without a sender', async () => {
        const { agent } = agentWith({ alias });
        const other = { ...sender, peer: '192.0.2.2' };
        const address = 'one@r.example.kz';
        expect(await agent.route(address, undefined, other)).to.deep.equal({ kind: 'unknown' });
        expect(await agent.route(address, undefined)).to.deep.equal({ kind: 'unknown' });
      });
    });

    it('nothing without a domain of ours', () => {
      expect(() => new StoreDeliveryAgent({ localDomains: [] }, {} as DeliveryParts)).to.throw(
        TypeError,
      );
    });
  });

  describe('delivery ids', () => {
    const idsOf = ({ deliveries }: Taken): string[] =>
      deliveries.map(({ deliveryId }) => deliveryId);

    it('are 16 octets, and made of what a retry repeats', async () => {
      const { agent, taken } = agentWith();
      await agent.deliver(letter([aigerim, berik]));
      await agent.deliver(letter([berik]));
      await agent.deliver(letter([aigerim], { clientDigest: 'other' }));
      await agent.deliver(letter([aigerim], { reversePath: 'b@b.example' }));
      await agent.deliver(letter([aigerim], { envelopeId: 'x' }));
      const [both = [], again = [], ...others] = taken.map(idsOf);
      expect(both[0]).to.match(/^[A-Za-z0-9_-]{22}$/);
      expect(again[0]).to.equal(both[1]);
      expect(new Set([...both, ...others.flat()]).size).to.equal(5);
    });

    it('count what was confirmed, for each recipient by itself', async () => {
      const { agent, taken, outcomes } = agentWith();
      const first = await agent.deliver(letter([aigerim]));
      await agent.deliver(letter([aigerim]));
      first.confirm();
      first.confirm();
      await agent.deliver(letter([aigerim, berik]));
      expect(outcomes).to.deep.equal(['delivered', 'duplicate', 'delivered', 'delivered']);
      expect(idsOf(taken[2] as Taken)[0]).to.not.equal(idsOf(taken[0] as Taken)[0]);
    });

    it('stay for what failed: confirming says nothing of it', async () => {
      const { agent, taken } = agentWith({ failing: [berik.id] });
      const result = await agent.deliver(letter([aigerim, berik]));
      expect(result.outcomes).to.deep.equal([
        { status: 'delivered' },
        { status: 'failed', failure: 'over-quota' },
      ]);
      result.confirm();
      await agent.deliver(letter([aigerim, berik]));
      const [before = [], after = []] = taken.map(idsOf);
      expect(after[0]).to.not.equal(before[0]);
      expect(after[1]).to.equal(before[1]);
    });

    it('of relays too', async () => {
      const { agent, taken, outcomes } = agentWith();
      const to = ['b@elsewhere.example', 'a@elsewhere.example'];
      const first = await agent.deliver(letter([...to, aigerim], { submitter: aigerim }));
      expect(first.outcomes.map(({ status }) => status)).to.deep.equal([
        'relayed',
        'relayed',
        'delivered',
      ]);
      await agent.deliver(letter(to.toReversed()));
      first.confirm();
      await agent.deliver(letter(to));
      const ids = taken.map(({ relay }) => relay?.relayId);
      expect(ids[1]).to.equal(ids[0]);
      expect(ids[2]).to.not.equal(ids[0]);
      expect(taken[0]?.relay?.account).to.equal(aigerim.id);
      expect(outcomes.filter((outcome) => outcome === 'relayed')).to.have.length(6);
    });
  });

  it('gives an account that is named twice one delivery and both the outcome', async () => {
    const { agent, taken } = agentWith();
    const { outcomes } = await agent.deliver(letter([aigerim, berik, aigerim]));
    expect(taken[0]?.deliveries).to.have.length(2);
    expect(outcomes).to.have.length(3);
    expect(taken[0]?.deliveries[0]).to.include({ account: 1, mailbox: 1, internalDate: 1_000_000 });
  });
});
