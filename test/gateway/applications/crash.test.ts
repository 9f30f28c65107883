import { expect } from 'chai';
import type { Member } from '../../../src/eds/authority/test-authority.ts';
import type { SignedBy } from '../../../src/gateway/api.ts';
import { DyingRecords } from '../support/dying-records.ts';
import { GatewayBench } from '../support/gateway-bench.ts';

/** More writes than the steps have: the last runs live. */
const mostWrites = 60;

describe('gateway: a crash between any two steps', function () {
  this.timeout(180_000);
  let bench: GatewayBench;
  beforeEach(async () => {
    bench = await GatewayBench.open();
  });
  afterEach(() => bench.close());

  for (const when of ['before', 'after'] as const) {
    it(`R-7.1 R-13.1 ${when} each write of an application: repaired at the next start, nothing twice`, async () => {
      let lived = false;
      for (let write = 1; !lived; write += 1) {
        expect(write).to.be.lessThan(mostWrites);
        // A person of its own for each run; the numbers have right check digits.
        const iin = synthetic(write);
        bench.state.addPerson({ iin, surname: 'СЫНАҚОВ', name: 'АДАМ' });
        const member = await bench.signing.authority.issue({
          subject: { commonName: 'СЫНАҚОВ АДАМ', surname: 'СЫНАҚОВ', iin },
        });
        const by = await bench.signedBy(member);
        const login = `adam${'abcdefghijklmnopqrstuvwxyz'[write % 26] as string}${write}`;
        let dying: DyingRecords | undefined;
        bench.breakRecords = (records) => (dying = new DyingRecords(records, write, when));
        bench.rebuild();
        const document = await register(by, member, login).catch(() => undefined);
        lived = dying?.died === false;
        bench.breakRecords = undefined;
        const gateway = bench.rebuild();
        await gateway.sweep(true);
        // Whoever comes back finds the mailbox, or goes on where it stopped.
        const made = document ?? (await register(by, member, login));
        expect(made, `write ${write}`).to.equal(`${login}@example.kz`);
        const key = gateway.subjects.keyOf({ type: 'individual', iin: by.iin });
        const history = await bench.registry.history(key);
        expect(
          history.map(({ kind }) => kind),
          `write ${write}`,
        ).to.deep.equal(['created']);
        const account = await bench.store.accounts.find(`${login}@example.kz`);
        expect(account).to.include({ status: 'active' });
        expect(account?.owner?.subject).to.equal(key);
        const inbox = (await bench.store.mailboxes(account?.id ?? (0 as never))).find(
          ({ name }) => name === 'INBOX',
        );
        expect(inbox?.messages, `welcome, write ${write}`).to.equal(1);
      }
      const left = await Promise.all(
        ['application-due', 'subject-due', 'application-waiting'].map((kind) =>
          bench.store.records.list(kind, { limit: 10 }),
        ),
      );
      expect(left.flat()).to.deep.equal([]);
    });
  }

  it('R-7.1 what was signed gets its mailbox though nobody comes back', async () => {
    const member = await bench.member('aigerim');
    const by = await bench.signedBy(member);
    const { applications } = bench.gateway;
    const { id } = await applications.start(by, 'individual');
    const { document } = await applications.prepare(id, by, bench.fields('aigerim'));
    // The second write of the submission is the acceptance.
    let dying: DyingRecords | undefined;
    bench.breakRecords = (records) => (dying = new DyingRecords(records, 2, 'after'));
    const broken = bench.rebuild();
    const given = await bench.sign(member, document);
    await broken.applications.submit(id, given).catch(() => undefined);
    expect(dying?.died).to.equal(true);
    expect(await bench.store.accounts.find('aigerim@example.kz')).to.equal(undefined);
    bench.breakRecords = undefined;
    await bench.rebuild().sweep(true);
    expect(await bench.store.accounts.find('aigerim@example.kz')).to.include({ status: 'active' });
  });

  /** The address of the mailbox that was made. */
  async function register(
    by: SignedBy,
    member: Member,
    login: string,
  ): Promise<string | undefined> {
    const { applications } = bench.gateway;
    const started = await applications.start(by, 'individual');
    if (started.state === 'created') return started.address;
    const filled = await applications.prepare(started.id, by, bench.fields(login));
    const made = await applications.submit(filled.id, await bench.sign(member, filled.document));
    return made.address;
  }
});

/** An IIN with the right check digit, by a number. */
function synthetic(number: number): string {
  for (let serial = number * 20; ; serial += 1) {
    const digits = Array.from(`8501013${String(serial).padStart(4, '0')}`, Number);
    const sum = (weights: readonly number[]): number =>
      digits.reduce((total, digit, i) => total + digit * (weights[i] as number), 0) % 11;
    const first = sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const check = first === 10 ? sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) : first;
    if (check < 10) return `${digits.join('')}${check}`;
  }
}
