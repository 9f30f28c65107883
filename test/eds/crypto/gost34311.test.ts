import { expect } from 'chai';
import { Gost34311, gost34311 } from '../../../src/eds/crypto/gost34311.ts';
import { randomContents, randomSeed } from './plain/cases.ts';
import { plainGost34311 } from './plain/plain-gost34311.ts';
import { Random } from './plain/random.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

describe('GOST 34.311-95', () => {
  // RFC 5831 §7.3 prints numbers; these are the octets.
  for (const [message, digest] of [
    ['', 'ce85b99cc46752fffee35cab9a7b0278abb4c2d2055cff685af4912c49490f8d'],
    [
      'This is message, length=32 bytes',
      'b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa',
    ],
    [
      'Suppose the original message has length = 50 bytes',
      '471aba57a60a770d3a76130635c1fbea4ef14de51f78b4ae57dd893b62f55208',
    ],
  ] as const) {
    it(`gives the digest of "${message}", RFC 5831 §7.3`, () => {
      expect(hex(gost34311(Buffer.from(message)))).to.equal(digest);
    });
  }

  it(`equals the plain form in ${randomContents} random cases, however the content comes and the work is handed on (seed ${randomSeed})`, function () {
    this.timeout(600_000);
    const random = new Random(randomSeed);
    for (let i = 0; i < randomContents; i++) {
      const length = random.number(200);
      const content = i % 8 === 0 ? new Uint8Array(length).fill(0xff) : random.octets(length);
      let hash = new Gost34311();
      for (let at = 0; at < length;) {
        const next = at + random.number(50);
        hash.update(content.subarray(at, next));
        at = next;
        if (random.number(4) === 0) hash = new Gost34311(hash.save());
      }
      expect(hex(hash.digest()), `case ${i}`).to.equal(hex(plainGost34311(content)));
    }
  });

  it('gives its digest once', () => {
    const hash = new Gost34311();
    hash.digest();
    expect(() => hash.digest()).to.throw('taken already');
    expect(() => hash.update(new Uint8Array(1))).to.throw('taken already');
  });
});
