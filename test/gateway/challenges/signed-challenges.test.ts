import { expect } from 'chai';
import { TestAuthority } from '../../../src/eds/authority/test-authority.ts';
import type { Member } from '../../../src/eds/authority/test-authority.ts';
import type { SignedBy } from '../../../src/gateway/api.ts';
import { challengeLimits } from '../../../src/gateway/challenges/limits.ts';
import { SignedChallenges } from '../../../src/gateway/challenges/signed-challenges.ts';
import { iin, person, seededBytes } from '../../eds/support/authorities.ts';
import { day, now, second } from '../../eds/support/clock.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { refused } from '../support/refused.ts';
import { SignatureBench } from '../support/signature-bench.ts';

const origin = 'https://mail.example.kz';

describe('gateway: challenges', function () {
  this.timeout(60_000);
  let bench: SignatureBench;
  let store: OpenEmbedded;
  let signer: Member;
  let challenges: SignedChallenges;
  before(async () => {
    const authority = await TestAuthority.create({
      family: 'rsa',
      now: now - day,
      randomBytes: seededBytes('challenges'),
    });
    bench = await SignatureBench.open(authority);
    signer = await person(authority);
  });
  after(() => bench.close());
  beforeEach(async () => {
    bench.clock.time = now;
    bench.services.behaviour = 'right';
    store = await openEmbedded({ clock: bench.clock });
    challenges = make(seededBytes('nonces'));
  });
  afterEach(() => store.remove());

  const make = (chance: (count: number) => Buffer, at = origin): SignedChallenges =>
    new SignedChallenges({
      records: store.store.records,
      signatures: bench.signatures,
      origin: at,
      clock: bench.clock,
      randomBytes: chance,
    });
  const answer = async (binding = 'browser'): Promise<{ id: string; given: Buffer }> => {
    const { id, document } = await challenges.issue('login', binding);
    return { id, given: await bench.sign(signer, document) };
  };
  const redeem = (id: string, given: Uint8Array, binding = 'browser'): Promise<SignedBy> =>
    challenges.redeem(id, 'login', binding, given);

  it('R-6.2 names purpose, site, nonce and time as canonical JSON, and tells who answered', async () => {
    const challenge = await challenges.issue('login', 'browser');
    const text = Buffer.from(challenge.document).toString();
    const nonce = seededBytes('nonces')(32).toString('base64url');
    expect(text).to.equal(
      '{"expires":"2026-11-22T08:02:00.000Z","issued":"2026-11-22T08:00:00.000Z",' +
        `"nonce":"${nonce}","origin":"https://mail.example.kz","purpose":"login"}`,
    );
    expect(challenge.expiresAt).to.equal(now + challengeLimits.lifeMs);
    const given = await bench.sign(signer, challenge.document);
    expect((await redeem(challenge.id, given)).iin).to.equal(iin);
  });

  it('R-6.2 is good once, also when two answers come at the same moment', async () => {
    const { id, given } = await answer();
    const results = await Promise.all(
      Array.from({ length: 5 }, () => refused(() => redeem(id, given))),
    );
    expect(results.toSorted()).to.deep.equal([
      ...Array<string>(4).fill('CHALLENGE_EXPIRED'),
      'taken',
    ]);
    expect(await refused(() => redeem(id, given))).to.equal('CHALLENGE_EXPIRED');
  });

  it('R-6.2 any process takes the answer, also after a start', async () => {
    const { id, given } = await answer();
    await store.reopen();
    const others = make(seededBytes('others'));
    expect(await refused(() => others.redeem(id, 'login', 'browser', given))).to.equal('taken');
  });

  it('R-6.2 is used up by a bad answer too', async () => {
    const { id, given } = await answer();
    expect(await refused(() => redeem(id, Buffer.from('no')))).to.equal('EDS_DAMAGED');
    expect(await refused(() => redeem(id, given))).to.equal('CHALLENGE_EXPIRED');
  });

  it('R-6.2 belongs to one browser: nobody else can answer it, or use it up', async () => {
    const { id, given } = await answer();
    expect(await refused(() => redeem(id, given, 'another'))).to.equal('CHALLENGE_EXPIRED');
    expect(await refused(() => redeem(id, given))).to.equal('taken');
  });

  it('R-6.2 is good for its purpose alone', async () => {
    const { id, given } = await answer();
    const other = (): Promise<SignedBy> =>
      challenges.redeem(id, 'password-reset', 'browser', given);
    expect(await refused(other)).to.equal('CHALLENGE_WRONG');
    expect(await refused(() => redeem(id, given))).to.equal('CHALLENGE_EXPIRED');
  });

  it('R-6.2 refuses a signature over another challenge, or for another site', async () => {
    const first = await answer();
    const second = await answer();
    expect(await refused(() => redeem(first.id, second.given))).to.equal('CHALLENGE_WRONG');
    const elsewhere = await make(seededBytes('nonces'), 'https://mail.example.org').issue(
      'login',
      'browser',
    );
    const third = await challenges.issue('login', 'browser');
    const given = await bench.sign(signer, elsewhere.document);
    expect(await refused(() => redeem(third.id, given))).to.equal('CHALLENGE_WRONG');
  });

  for (const id of [
    '',
    'x',
    '../challenge',
    '0'.repeat(600),
    `${'0'.repeat(9)}-${'0'.repeat(32)}`,
  ]) {
    it(`refuses an id that was never given out: ${JSON.stringify(id.slice(0, 50))}`, async () => {
      expect(await refused(() => redeem(id, Buffer.of(0)))).to.equal('CHALLENGE_EXPIRED');
    });
  }

  it('limits: the life of a challenge', async () => {
    const [last, late] = [await answer(), await answer()];
    bench.clock.time = now + challengeLimits.lifeMs;
    expect(await refused(() => redeem(last.id, last.given))).to.equal('taken');
    bench.clock.time += 1;
    expect(await refused(() => redeem(late.id, late.given))).to.equal('CHALLENGE_EXPIRED');
  });

  it('limits: the octets of a nonce', async () => {
    const { document } = await challenges.issue('login', 'browser');
    const { nonce } = JSON.parse(Buffer.from(document).toString()) as { nonce: string };
    expect(Buffer.from(nonce, 'base64url')).to.have.length(challengeLimits.nonceBytes);
  });

  it('limits: sweeps those that have ended, so many at once, and leaves the others', async () => {
    const { sweptAtOnce } = challengeLimits;
    await Promise.all(
      Array.from({ length: sweptAtOnce + 1 }, () => challenges.issue('login', 'browser')),
    );
    bench.clock.time = now + second;
    const { id, given } = await answer();
    bench.clock.time = now + challengeLimits.lifeMs + 1;
    expect(await challenges.sweep()).to.equal(sweptAtOnce);
    expect(await challenges.sweep()).to.equal(1);
    expect(await challenges.sweep()).to.equal(0);
    expect(await refused(() => redeem(id, given))).to.equal('taken');
  });

  it('keeps the secret of the browser as a digest only', async () => {
    await challenges.issue('login', 'a secret of the browser');
    const [kept] = await store.store.records.list('challenge', { limit: 1 });
    expect(JSON.stringify(kept)).not.to.contain('a secret of the browser');
  });
});
