import { expect } from 'chai';
import { hmacStreebog } from '../../../src/eds/crypto/hmac-streebog.ts';
import { streebog } from '../../../src/eds/crypto/streebog.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

describe('HMAC with Streebog', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  const data = Buffer.from('0126bdb87800af214341456563780100', 'hex');

  it('gives the values of RFC 7836 §B', () => {
    expect(hex(hmacStreebog(256, key, data))).to.equal(
      'a1aa5f7de402d7b3d323f2991c8d4534013137010a83754fd0af6d7cd4922ed9',
    );
    expect(hex(hmacStreebog(512, key, data))).to.equal(
      'a59bab22ecae19c65fbde6e5f4e9f5d8549d31f037f9df9b905500e171923a773d5f1530f2ed7e964cb2eedc29e9ad2f3afe93b2814f79f5000ffc0366c251e6',
    );
  });

  it('takes what it is of in parts', () => {
    const parts = [data.subarray(0, 3), data.subarray(3, 3), data.subarray(3)];
    expect(hmacStreebog(512, key, ...parts)).to.deep.equal(hmacStreebog(512, key, data));
  });

  it('hashes a key longer than a block first, RFC 2104 §2', () => {
    const long = new Uint8Array(65).fill(7);
    expect(hmacStreebog(256, long, data)).to.deep.equal(
      hmacStreebog(256, streebog(256, long), data),
    );
    const whole = long.subarray(0, 64);
    expect(hmacStreebog(256, whole, data)).not.to.deep.equal(
      hmacStreebog(256, streebog(256, whole), data),
    );
  });
});
