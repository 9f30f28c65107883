import { expect } from 'chai';
import {
  maxAddresses,
  maxDescribedAddresses,
  maxDescribedBytes,
  maxDescribedParameters,
  maxHeaderBytes,
  maxParameters,
  maxPartLevels,
  maxParts,
  maxTextFieldBytes,
} from '../../src/mail/limits.ts';
import { MessageIndexer } from '../../src/mail/indexer.ts';
import { indexOf, partsOf } from './indexing.ts';
import { checkInvariants } from './invariants.ts';

describe('limits of one message', () => {
  function nested(levels: number): string {
    let message = 'Content-Type: text/plain\r\n\r\nx\r\n';
    for (let n = 0; n < levels; n++) {
      message = `Content-Type: multipart/mixed; boundary=b${n}x\r\n\r\n--b${n}x\r\n${message}\r\n--b${n}x--\r\n`;
    }
    return message;
  }

  it(`${maxPartLevels} levels; what is deeper is one opaque part`, () => {
    const allowed = partsOf(indexOf(nested(maxPartLevels - 1)).root);
    expect(allowed).to.have.length(maxPartLevels);
    expect(allowed.at(-1)?.type).to.equal('text');

    const index = indexOf(nested(maxPartLevels + 50));
    const parts = partsOf(index.root);
    expect(parts).to.have.length(maxPartLevels);
    const last = parts.at(-1)!;
    expect([last.type, last.subtype]).to.deep.equal(['application', 'octet-stream']);
    expect(last.bodyEnd - last.bodyStart).to.be.above(500);
    checkInvariants(Buffer.from(nested(maxPartLevels + 50)), index);
  });

  it('levels of enclosed messages count too', () => {
    const message = 'Content-Type: message/rfc822\r\n\r\n'.repeat(500);
    const index = indexOf(message);
    const parts = partsOf(index.root);
    expect(parts).to.have.length(maxPartLevels);
    expect(parts.at(-1)?.subtype).to.equal('octet-stream');
    checkInvariants(Buffer.from(message), index);
  });

  it(`${maxParts} parts; the last one holds the rest`, () => {
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(maxParts + 500)}--b--\r\n`;
    const index = indexOf(message);
    const parts = partsOf(index.root);
    expect(parts).to.have.length(maxParts);
    expect(parts.at(-1)?.bodyEnd).to.equal(message.length);
    expect(parts.at(-2)).to.include({ lines: 0, type: 'text' });
    checkInvariants(Buffer.from(message), index);
    expect(indexOf(message, 1000)).to.deep.equal(index);
  });

  it('a digest at the limit ends in an opaque part', () => {
    const message = `Content-Type: multipart/digest; boundary=b\r\n\r\n${'--b\r\n\r\nSubject: s\r\n\r\nx\r\n'.repeat(maxParts)}`;
    const parts = partsOf(indexOf(message).root);
    expect(parts).to.have.length(maxParts);
    expect(parts.at(-1)?.subtype).to.equal('octet-stream');
  });

  it(`${maxHeaderBytes} octets of headers; behind them no parts are looked for`, () => {
    const field = `X-Long: ${'x'.repeat(990)}\r\n`;
    const long = field.repeat(Math.ceil(maxHeaderBytes / field.length));
    const message = `Subject: seen\r\nContent-Type: multipart/mixed; boundary=b\r\n${long}Cc: not@seen\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n`;
    const bytes = Buffer.from(message);
    const index = indexOf(bytes, 65_536);
    expect(index.headerBytes).to.equal(message.indexOf('\r\n\r\n') + 4);
    expect(index.envelope).to.include('"seen"').and.not.include('not');
    expect(index.root).to.include({ type: 'application', subtype: 'octet-stream' });
    expect(index.root.children).to.have.length(0);
    checkInvariants(bytes, index);
    expect(indexOf(bytes)).to.deep.equal(index);
  });

  it('counts the headers of all parts together', () => {
    const part = `--b\r\nX: ${'x'.repeat(1_500_000)}\r\n\r\nbody\r\n`;
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(10)}--b--\r\n`;
    const index = indexOf(message, 65_536);
    expect(index.root.children).to.have.length(Math.ceil(maxHeaderBytes / 1_500_000));
    expect(indexOf(message, 100_001)).to.deep.equal(index);
    checkInvariants(Buffer.from(message), index);
  });

  it('a header that comes octet by octet needs no more memory than one that comes at once', () => {
    const octets = Buffer.from(`Subject: s\r\nX: ${'x'.repeat(1_000_000)}`);
    const indexer = new MessageIndexer();
    const before = process.memoryUsage();
    for (let at = 0; at < octets.length; at++) indexer.write(octets.subarray(at, at + 1));
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).to.be.below(8_000_000);
    expect(indexer.finish().headerBytes).to.equal(octets.length);
  });

  it(`${maxAddresses} addresses of one field`, () => {
    const { envelope } = indexOf(`To: ${'a,'.repeat(3 * maxAddresses)}\r\nTo: b\r\n\r\n`);
    expect(envelope.split('"a"')).to.have.length(maxAddresses + 1);
    expect(envelope).not.to.include('"b"');
  });

  it(`${maxTextFieldBytes} octets of a text field`, () => {
    expect(indexOf(`Subject: ${'x'.repeat(1_000_000)}\r\n\r\n`).envelope.length).to.be.below(
      maxTextFieldBytes + 100,
    );
  });

  it(`${maxParameters} parameters`, () => {
    const many = Array.from({ length: 2 * maxParameters }, (_, n) => `; p${n}=x`).join('');
    const { parameters } = indexOf(`Content-Type: image/png${many}\r\n\r\n`).root;
    expect(Object.keys(parameters)).to.have.length(maxParameters);
  });

  describe('of all parts together', () => {
    const mixed = (part: string, count: number): string =>
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b\r\n${part}\r\nx\r\n`.repeat(count)}--b--\r\n`;
    const enclosed = (fields: string): string =>
      `Content-Type: message/rfc822\r\n\r\n${fields}\r\n`;
    /** The last part holds the rest, and those before it are described whole. */
    const stopsAfter = (message: string, parts: number): void => {
      const index = indexOf(message, 65_536);
      expect(index.root.children).to.have.length(parts);
      expect(index.root.children.at(-1)?.bodyEnd).to.equal(message.length);
      expect(index.root.children.at(-2)?.bodyEnd).to.be.below(message.length / 2);
      checkInvariants(Buffer.from(message), index);
      expect(indexOf(message, 1001)).to.deep.equal(index);
    };

    it(`${maxDescribedParameters} parameters`, () => {
      const many = Array.from({ length: maxParameters }, (_, n) => `;p${n}=x`).join('');
      const parts = maxDescribedParameters / maxParameters;
      stopsAfter(mixed(`Content-Type: image/png${many}\r\n`, 3 * parts), parts);
    });

    it(`${maxDescribedAddresses} addresses`, () => {
      const message = enclosed(`To: ${'a,'.repeat(1000)}\r\n`);
      const parts = maxDescribedAddresses / 1000;
      stopsAfter(mixed(message, 3 * parts), parts);
      const { bodyStructure } = indexOf(mixed(message, 3 * parts));
      expect(bodyStructure.split('"a"')).to.have.length(maxDescribedAddresses + 1);
    });

    it(`${maxDescribedBytes} octets of what is described`, () => {
      const part = `Content-Description: ${'x'.repeat(60_000)}\r\n`;
      const parts = Math.ceil(maxDescribedBytes / 60_000);
      stopsAfter(mixed(part, 3 * parts), parts);
      expect(indexOf(mixed(part, 3 * parts)).bodyStructure.length).to.be.within(
        maxDescribedBytes,
        maxDescribedBytes + 200 * parts,
      );
      // Fields that nobody describes cost nothing.
      const { root } = indexOf(mixed(part.replace('Content', 'X-Content'), 3 * parts));
      expect(root.children).to.have.length(3 * parts);
    });
  });

  it('parameter names of objects are names like others', () => {
    const { root } = indexOf(
      'Content-Type: image/png; __proto__=x; constructor=y; toString*0=a; toString*1=b\r\n\r\n',
    );
    expect(root.parameters['constructor']).to.equal('y');
    expect(root.parameters['tostring']).to.equal('ab');
    expect(Object.getPrototypeOf(root.parameters)).to.equal(Object.prototype);
  });

  it('the time for hostile messages grows with their length alone', () => {
    const kinds: readonly (readonly [name: string, (n: number) => string])[] = [
      [
        'boundary-like lines',
        (n) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--a\r\n'.repeat(n)}`,
      ],
      [
        'open parts',
        (n) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n'.repeat(n)}`,
      ],
      ['empty lines', (n) => `\r\n${'\n'.repeat(n)}`],
      ['empty fields', (n) => 'a:\n'.repeat(n)],
      ['folded subject', (n) => `Subject: x${'\r\n x'.repeat(n)}\r\n\r\n`],
      ['comments', (n) => `To: ${'('.repeat(n)}\r\nContent-Type: ${'('.repeat(n)}\r\n\r\n`],
      ['parameters', (n) => `Content-Type: a/b${';a*1*=%'.repeat(n)}\r\n\r\n`],
      ['references', (n) => `References: ${'>'.repeat(n)}${'<'.repeat(n)}\r\n\r\n`],
      [
        'empty HTML parts',
        (n) =>
          `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: text/html\r\n\r\n<\r\n'.repeat(n / 10)}`,
      ],
    ];
    for (const [name, make] of kinds) {
      const small = cpuMs(make(20_000));
      const large = cpuMs(make(160_000));
      // Eight times the length; quadratic work would be 64 times the time. Small times are noise.
      expect(large, name).to.be.below(Math.max(24 * small, 300));
    }
  });
});

function cpuMs(message: string): number {
  const bytes = Buffer.from(message);
  const start = process.cpuUsage();
  const indexer = new MessageIndexer();
  for (let at = 0; at < bytes.length; at += 4096) indexer.write(bytes.subarray(at, at + 4096));
  indexer.finish();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
