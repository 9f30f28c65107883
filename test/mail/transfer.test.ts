import { expect } from 'chai';
import fc from 'fast-check';
import { transferDecoder } from '../../src/mail/transfer.ts';

function decode(encoding: string, encoded: Uint8Array, chunkBytes: number): Buffer {
  const decoder = transferDecoder(encoding);
  if (decoder === undefined) throw new Error(encoding);
  const out: Buffer[] = [];
  for (let at = 0; at < encoded.length; at += chunkBytes) {
    out.push(Buffer.from(decoder.push(encoded.subarray(at, at + chunkBytes))));
  }
  out.push(Buffer.from(decoder.end()));
  return Buffer.concat(out);
}

const rows: readonly (readonly [encoding: string, encoded: string, want: string])[] = [
  ['base64', 'QUJD', 'ABC'],
  ['BASE64', 'QU\r\nJD\r\n', 'ABC'],
  ['base64', 'QQ==', 'A'],
  ['base64', 'QUI=', 'AB'],
  ['base64', 'QUI', 'AB'],
  ['base64', 'QUJDR', 'ABC'],
  ['base64', 'Q*U-J D', 'ABC'],
  ['base64', 'QQ==QUI=QUJD', 'AABABC'],
  ['base64', '====', ''],
  ['quoted-printable', 'a=3Db=3d', 'a=b='],
  ['quoted-printable', 'soft=\r\nbreak=  \t\r\nagain=\nLF', 'softbreakagainLF'],
  ['quoted-printable', 'trailing \t\r\nspace  \nkept inside', 'trailing\r\nspace\nkept inside'],
  ['quoted-printable', 'x  ', 'x'],
  ['quoted-printable', 'x=', 'x'],
  ['quoted-printable', 'x= ', 'x'],
  ['quoted-printable', 'x=3', 'x=3'],
  ['quoted-printable', '=G0 =3G =\rx ==41', '=G0 =3G =\rx =A'],
  ['quoted-printable', '=D0=9F', '\xd0\x9f'],
  ['7bit', 'as is=3D', 'as is=3D'],
  ['', 'as is', 'as is'],
];

describe('transferDecoder', () => {
  for (const [encoding, encoded, want] of rows) {
    it(`${encoding} ${JSON.stringify(encoded)}`, () => {
      for (const chunkBytes of [1, 2, 3, 1000]) {
        expect(
          decode(encoding, Buffer.from(encoded, 'latin1'), chunkBytes).toString('latin1'),
        ).to.equal(want);
      }
    });
  }

  it('knows no other encoding', () => {
    expect(transferDecoder('x-uuencode')).to.equal(undefined);
    expect(transferDecoder('quoted-printable;')).to.equal(undefined);
  });

  it('gives back any octets that were encoded as base64, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 90 }),
        (bytes, cut) => {
          const encoded = Buffer.from(
            Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n'),
          );
          expect(decode('base64', encoded, cut)).to.deep.equal(Buffer.from(bytes));
        },
      ),
      { seed: 2045 },
    );
  });

  it('does not depend on where quoted-printable is cut', () => {
    const octets = fc.array(fc.constantFrom(0x3d, 0x20, 0x09, 0x0d, 0x0a, 0x41, 0x34, 0x47), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(octets, fc.integer({ min: 1, max: 7 }), (list, cut) => {
        const encoded = Uint8Array.from(list);
        expect(decode('quoted-printable', encoded, cut)).to.deep.equal(
          decode('quoted-printable', encoded, 1000),
        );
      }),
      { seed: 2045, numRuns: 3000 },
    );
  });

  it('holds no more than a line of white space', () => {
    const decoder = transferDecoder('quoted-printable');
    let bytes = 0;
    for (let i = 0; i < 1000; i++) bytes += decoder?.push(Buffer.alloc(1000, ' ')).length ?? 0;
    expect(bytes).to.be.above(990_000);
  });
});
