import { expect } from 'chai';
import { Encoder, encoderLimits, type OctetSink } from '../../../src/imap/wire/encoder.ts';

class Tape implements OctetSink {
  readonly writes: string[] = [];
  queuedBytes = 0;

  write(octets: Uint8Array): void {
    this.writes.push(Buffer.from(octets).toString('utf8'));
  }

  drained(): Promise<void> {
    this.queuedBytes = 0;
    return Promise.resolve();
  }
}

function written(write: (out: Encoder) => void, utf8 = false): string {
  const tape = new Tape();
  const out = new Encoder(tape);
  out.utf8 = utf8;
  write(out);
  out.send();
  return tape.writes.join('');
}

describe('IMAP encoder', () => {
  const strings: readonly (readonly [string, string, string])[] = [
    // text, without UTF-8, with it
    ['', '""', '""'],
    ['plain', '"plain"', '"plain"'],
    [String.raw`a"b\c`, String.raw`"a\"b\\c"`, String.raw`"a\"b\\c"`],
    ['two\r\nlines', '{10}\r\ntwo\r\nlines', '{10}\r\ntwo\r\nlines'],
    ['bell\x07', '{5}\r\nbell\x07', '{5}\r\nbell\x07'],
    ['Қ', '{2}\r\nҚ', '"Қ"'],
  ];
  for (const [text, seven, eight] of strings) {
    it(`writes ${JSON.stringify(text)} as a string`, () => {
      expect(written((out) => out.quotedOrLiteral(text))).to.equal(seven);
      expect(written((out) => out.quotedOrLiteral(text), true)).to.equal(eight);
    });
  }

  it('writes a long string as a literal', () => {
    const text = 'x'.repeat(encoderLimits.quotedCharacters + 1);
    expect(written((out) => out.quotedOrLiteral(text))).to.equal(`{${text.length}}\r\n${text}`);
  });

  const names: readonly (readonly [string, string, string])[] = [
    ['INBOX', 'INBOX', 'INBOX'],
    ['a/b-c.d_e', 'a/b-c.d_e', 'a/b-c.d_e'],
    ['NIL', '"NIL"', '"NIL"'],
    ['nil', '"nil"', '"nil"'],
    ['two words', '"two words"', '"two words"'],
    ['карта', '"&BDoEMARABEIEMA-"', '"карта"'],
    ['A&B', '"A&-B"', '"A&B"'],
    ['', '""', '""'],
  ];
  for (const [name, seven, eight] of names) {
    it(`writes ${JSON.stringify(name)} as a mailbox`, () => {
      expect(written((out) => out.mailbox(name))).to.equal(seven);
      expect(written((out) => out.mailbox(name), true)).to.equal(eight);
    });
  }

  it('keeps text, octets and literals in order', () => {
    const octets = Buffer.from('Қалта');
    const text = written((out) => {
      out
        .text('* 1 FETCH (BODY[] ')
        .literal(octets)
        .text(' X ')
        .literal8(octets)
        .text(')')
        .endLine();
      out.nstring(undefined);
    });
    expect(text).to.equal('* 1 FETCH (BODY[] {10}\r\nҚалта X ~{10}\r\nҚалта)\r\nNIL');
  });

  it('gathers small writes, and hands on large ones', () => {
    const tape = new Tape();
    const out = new Encoder(tape);
    for (let i = 0; i < 100; i++) out.untagged(`${i} EXISTS`);
    expect(tape.writes).to.have.length(0);
    out.send();
    expect(tape.writes).to.have.length(1);
    const line = 'x'.repeat(1000);
    for (let i = 0; i < 100; i++) out.text(line);
    expect(tape.writes).to.have.length.above(3);
    out.bytes(Buffer.alloc(encoderLimits.chunkBytes));
    out.send();
    expect(tape.writes.join('').length).to.equal(
      tape.writes[0]!.length + 100_000 + encoderLimits.chunkBytes,
    );
  });

  for (const keeps of [true, false]) {
    it(`gives octets to a sink that ${keeps ? 'keeps them' : 'lets go of them at once'}`, () => {
      const kept: Uint8Array[] = [];
      const copies: Buffer[] = [];
      const sink: OctetSink = {
        queuedBytes: 0,
        forgets: !keeps,
        drained: () => Promise.resolve(),
        write(octets) {
          kept.push(octets);
          copies.push(Buffer.from(octets));
        },
      };
      const outs = [new Encoder(sink), new Encoder(sink)];
      const expected: string[] = [];
      for (let i = 0; i < 40; i++) {
        const [text, octets] = [`* ${i} қ `, Buffer.alloc(1000 * (i % 50), `${i}`)];
        const out = outs[i % 2] as Encoder;
        out.text(text).literal(octets).endLine();
        out.send();
        expected.push(`${text}{${octets.length}}\r\n${octets.toString()}\r\n`);
      }
      expect(Buffer.concat(copies).toString() === expected.join('')).to.equal(true);
      if (keeps) expect(Buffer.concat(kept).toString() === expected.join('')).to.equal(true);
    });
  }

  it('puts octets into no memory that waits in the sink', () => {
    const waiting: Uint8Array[] = [];
    const sink = {
      queuedBytes: 0,
      forgets: true,
      drained: () => Promise.resolve(),
      write(octets: Uint8Array): void {
        waiting.push(octets);
        this.queuedBytes += octets.length;
      },
    };
    const out = new Encoder(sink);
    for (let i = 0; i < 3; i++) {
      out.text(`${i}`).bytes(Buffer.from('a')).send();
    }
    expect(Buffer.concat(waiting).toString()).to.equal('0a1a2a');
  });

  it('makes a command wait for a client that lags, and no other', async () => {
    const tape = new Tape();
    const out = new Encoder(tape);
    tape.queuedBytes = encoderLimits.queuedBytes;
    expect(out.flush()).to.equal(undefined);
    tape.queuedBytes++;
    const promise = out.flush();
    expect(promise).to.be.a('promise');
    await promise;
    expect(out.flush()).to.equal(undefined);
  });
});
