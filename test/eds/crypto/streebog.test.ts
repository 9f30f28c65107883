import { expect } from 'chai';
import { Streebog, streebog } from '../../../src/eds/crypto/streebog.ts';
import { randomContents, randomSeed } from './plain/cases.ts';
import { plainStreebog } from './plain/plain-streebog.ts';
import { Random } from './plain/random.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/** RFC 6986 §10: the RFC prints numbers, the most significant octet first. */
const examples = [
  {
    name: 'M1',
    message:
      '323130393837363534333231303938373635343332313039383736353433323130393837363534333231303938373635343332313039383736353433323130',
    512: '486f64c1917879417fef082b3381a4e211c324f074654c38823a7b76f830ad00fa1fbae42b1285c0352f227524bc9ab16254288dd6863dccd5b9f54a1ad0541b',
    256: '00557be5e584fd52a449b16b0251d05d27f94ab76cbaa6da890b59d8ef1e159d',
  },
  {
    name: 'M2',
    message:
      'fbe2e5f0eee3c820fbeafaebef20fffbf0e1e0f0f520e0ed20e8ece0ebe5f0f2f120fff0eeec20f120faf2fee5e2202ce8f6f3ede220e8e6eee1e8f0f2d1202ce8f0f2e5e220e5d1',
    512: '28fbc9bada033b1460642bdcddb90c3fb3e56c497ccd0f62b8a2ad4935e85f037613966de4ee00531ae60f3b5a47f8dae06915d5f2f194996fcabf2622e6881e',
    256: '508f7e553c06501d749a66fc28c6cac0b005746d97537fa85d9e40904efed29d',
  },
] as const;

describe('Streebog', () => {
  for (const { name, message, ...digests } of examples) {
    for (const bits of [256, 512] as const) {
      it(`gives the digest of ${name} in RFC 6986 §10, ${bits} bits`, () => {
        const octets = Buffer.from(message, 'hex').reverse();
        const digest = streebog(bits, octets);
        expect(hex(digest.reverse())).to.equal(digests[bits]);
      });
    }
  }

  it('gives the digest of nothing', () => {
    expect(hex(streebog(256, new Uint8Array()))).to.equal(
      '3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb',
    );
  });

  it(`equals the plain form in ${randomContents} random cases, however the content comes and the work is handed on (seed ${randomSeed})`, function () {
    this.timeout(600_000);
    const random = new Random(randomSeed);
    for (let i = 0; i < randomContents; i++) {
      const bits = random.number(2) === 0 ? 256 : 512;
      // Octets FF make the sum of blocks run over.
      const length = random.number(400);
      const content = i % 8 === 0 ? new Uint8Array(length).fill(0xff) : random.octets(length);
      let hash = new Streebog(bits);
      for (let at = 0; at < length;) {
        const next = at + random.number(100);
        hash.update(content.subarray(at, next));
        at = next;
        if (random.number(4) === 0) hash = new Streebog(bits, hash.save());
      }
      const digest = hash.digest();
      expect(hex(digest), `case ${i}`).to.equal(hex(plainStreebog(bits, content)));
    }
  });

  it('equals the plain form for content longer than its memory', () => {
    const content = new Random(randomSeed).octets(33_001);
    expect(hex(streebog(512, content))).to.equal(hex(plainStreebog(512, content)));
  });

  it('keeps two contents apart that come by turns', () => {
    const content = new Random(randomSeed).octets(640);
    const [one, two] = [new Streebog(512), new Streebog(256)];
    for (let at = 0; at < content.length; at += 80) {
      one.update(content.subarray(at, at + 80));
      two.update(content.subarray(at, at + 80));
    }
    expect(hex(one.digest())).to.equal(hex(streebog(512, content)));
    expect(hex(two.digest())).to.equal(hex(streebog(256, content)));
  });

  it('gives its digest once', () => {
    const hash = new Streebog(512);
    hash.digest();
    expect(() => hash.digest()).to.throw('taken already');
    expect(() => hash.update(new Uint8Array(1))).to.throw('taken already');
  });
});
