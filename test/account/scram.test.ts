import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect } from 'chai';
import { parseClientFinal, parseClientFirst, scramKeys } from '../../src/account/scram.ts';
import { scramExchange } from '../../src/account/sasl/scram-sha-256.ts';
import type { LoginResult } from '../../src/account/api.ts';
import type { ScramKeys } from '../../src/store/api.ts';

const refused: LoginResult = { status: 'refused', reason: 'credentials' };
const accepted = { status: 'accepted', account: {} } as LoginResult;

function exchange(keys: ScramKeys, nonce: string) {
  const asked: string[] = [];
  return {
    asked,
    server: scramExchange({
      nonce: () => nonce,
      keysFor: (authorization, login) => {
        asked.push(authorization, login);
        return Promise.resolve(keys);
      },
      finish: (right) => Promise.resolve(right ? accepted : refused),
    }),
  };
}

describe('SCRAM-SHA-256', () => {
  const vector = {
    clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    serverFirst:
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
      'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  };
  const keys = (): Promise<ScramKeys> =>
    scramKeys('pencil', 4096, Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));

  it('says what RFC 7677 §3 says', async () => {
    const { server, asked } = exchange(await keys(), '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
    const first = await server.next(Buffer.from(vector.clientFirst));
    expect(first).to.deep.equal({ kind: 'challenge', data: Buffer.from(vector.serverFirst) });
    expect(asked).to.deep.equal(['', 'user']);
    const last = await server.next(Buffer.from(vector.clientFinal));
    expect(last).to.deep.equal({
      kind: 'done',
      result: accepted,
      data: Buffer.from(vector.serverFinal),
    });
  });

  it('refuses a wrong proof and gives no signature away', async () => {
    const { server } = exchange(await keys(), '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
    await server.next(Buffer.from(vector.clientFirst));
    const wrong = vector.clientFinal.replace('p=dH', 'p=eH');
    expect(await server.next(Buffer.from(wrong))).to.deep.equal({ kind: 'done', result: refused });
  });

  for (const [name, change] of [
    ['another nonce', (text: string) => text.replace('r=rOpr', 'r=xOpr')],
    ['only its own nonce', (text: string) => text.replace('%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', '')],
    ['another channel binding', (text: string) => text.replace('c=biws', 'c=eSws')],
    ['no proof', (text: string) => text.replace(/,p=.*/, '')],
    ['octets that are not UTF-8', () => '\u0080'],
  ] as const) {
    it(`takes ${name} for malformed`, async () => {
      const { server } = exchange(await keys(), '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
      await server.next(Buffer.from(vector.clientFirst));
      const octets = Buffer.from(change(vector.clientFinal), 'latin1');
      expect((await server.next(octets)).kind).to.equal('malformed');
    });
  }

  it('is right for a client of our own with any password', async () => {
    for (const password of ['пароль жасау', 'a', 'x'.repeat(200)]) {
      const own = await scramKeys(password, 4096);
      const { server } = exchange(own, 'server');
      const bare = 'n=a=2Cb=3D,r=client';
      const step = await server.next(Buffer.from(`y,a=a=2Cb=3D,${bare}`));
      const serverFirst = step.kind === 'challenge' ? Buffer.from(step.data).toString() : '';
      const withoutProof = `c=${Buffer.from('y,a=a=2Cb=3D,').toString('base64')},r=clientserver`;
      const salted = pbkdf2Sync(password, Buffer.from(own.salt, 'base64'), 4096, 32, 'sha256');
      const clientKey = createHmac('sha256', salted).update('Client Key').digest();
      const storedKey = createHash('sha256').update(clientKey).digest();
      const signature = createHmac('sha256', storedKey)
        .update(`${bare},${serverFirst},${withoutProof}`)
        .digest();
      const proof = clientKey.map((octet, i) => octet ^ (signature[i] ?? 0));
      const final = `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
      const last = await server.next(Buffer.from(final));
      expect(last.kind === 'done' && last.result.status).to.equal('accepted');
    }
  });
});

describe('parseClientFirst', () => {
  it('decodes names', () => {
    const parsed = parseClientFirst('n,a=b=3Dc,n=x=2Cy,r=abc,ext=1');
    expect(parsed).to.deep.include({ authorization: 'b=c', username: 'x,y', nonce: 'abc' });
    expect(parsed?.bare).to.equal('n=x=2Cy,r=abc,ext=1');
  });

  for (const text of [
    '',
    'n=user,r=abc',
    'n,,n=,r=abc',
    'n,,n=user,r=',
    'n,,n=us=er,r=abc',
    'n,,m=x,n=user,r=abc',
    'p=tls-unique,,n=user,r=abc',
    'n,,n=user,r=a b',
    'x,,n=user,r=abc',
    'n,b=x,n=user,r=abc',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseClientFirst(text)).to.equal(undefined);
    });
  }
});

describe('parseClientFinal', () => {
  it('keeps what is signed', () => {
    const parsed = parseClientFinal('c=biws,r=abc,x=y,p=AAAA');
    expect(parsed?.withoutProof).to.equal('c=biws,r=abc,x=y');
  });

  it('takes linear time', () => {
    const started = performance.now();
    parseClientFinal(`c=biws,r=a${',a=b'.repeat(50_000)}`);
    expect(performance.now() - started).to.be.below(500);
  });
});
