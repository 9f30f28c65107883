import { expect } from 'chai';
import { simpleParser } from 'mailparser';
import type { Part } from '../../src/mail/api.ts';
import { decodeHeaderValue } from '../../src/mail/header.ts';
import { headerTexts, partTexts } from '../../src/mail/search-text.ts';
import { indexOf, Random } from './indexing.ts';
import { checkInvariants } from './invariants.ts';
import { generateMessage, type ModelPart } from './message-model.ts';
import { mutate } from './mutation.ts';

const seed = 20240919;

describe(`MessageIndexer on generated messages (seed ${seed})`, () => {
  it('finds the structure they were made of, with every offset', () => {
    const random = new Random(seed);
    for (let run = 0; run < 500; run++) {
      const { bytes, root } = generateMessage(random);
      const index = indexOf(bytes);
      try {
        expect(shape(index.root)).to.deep.equal(shape(root));
        checkInvariants(bytes, index);
      } catch (error) {
        throw new Error(`run ${run}:\n${bytes.toString()}`, { cause: error });
      }
    }
  });

  it('answers the same however they are cut', () => {
    const random = new Random(seed + 1);
    for (let run = 0; run < 400; run++) {
      const { bytes } = generateMessage(random, 8);
      const message = random.chance(0.5) ? mutate(bytes, random) : bytes;
      const whole = indexOf(message);
      for (const chunkBytes of [1, 2, 5, 1 + random.below(200)]) {
        try {
          expect(indexOf(message, chunkBytes)).to.deep.equal(whole);
        } catch (error) {
          throw new Error(
            `run ${run}, chunks of ${chunkBytes}:\n${JSON.stringify(message.toString('latin1'))}`,
            { cause: error },
          );
        }
      }
    }
  });

  it('keeps its promises on damaged ones', () => {
    const random = new Random(seed + 2);
    for (let run = 0; run < 2000; run++) {
      const message = mutate(generateMessage(random).bytes, random);
      try {
        checkInvariants(message, indexOf(message));
      } catch (error) {
        throw new Error(`run ${run}:\n${JSON.stringify(message.toString('latin1'))}`, {
          cause: error,
        });
      }
    }
  });

  it('and its helpers decode subjects and texts as they were written', async () => {
    const random = new Random(seed + 3);
    for (let run = 0; run < 200; run++) {
      const { bytes, root, subject } = generateMessage(random);
      const index = indexOf(bytes);
      const header = bytes.subarray(0, index.headerBytes);
      expect(headerTexts(header, 'subject').map((text) => text.trim())).to.deep.equal([
        subject.trim(),
      ]);

      const found: string[] = [];
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        Promise.resolve(bytes.subarray(offset, offset + length));
      for await (const text of partTexts(index.root, read)) found.push(text);
      for (const text of textsOf(root)) {
        if (text === '') continue;
        // Quoted-printable does not keep white space at the end of the whole text.
        expect(
          found.some((piece) => piece.trimEnd() === text.trimEnd()),
          text,
        ).to.equal(true);
      }
    }
  });

  it('agrees with mailparser on subjects and texts', async () => {
    const random = new Random(seed + 4);
    for (let run = 0; run < 60; run++) {
      const { bytes, root } = generateMessage(random, 1);
      const parsed = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true });
      const index = indexOf(bytes);
      const [subject] = headerTexts(bytes.subarray(0, index.headerBytes), 'subject');
      // It does not join a character that two encoded words share.
      if (parsed.subject?.includes('\ufffd') === false)
        expect(subject?.trim()).to.equal(parsed.subject.trim());
      expect((root.text ?? '').trimEnd()).to.equal(
        (parsed.text ?? '').trimEnd().replaceAll('\n', bytes.includes('\r\n') ? '\r\n' : '\n'),
      );
    }
  });

  it('decodes what it was given when nothing is encoded', () => {
    expect(decodeHeaderValue(Buffer.from(' =41 '))).to.equal('=41');
  });
});

type Shape = Omit<ModelPart, 'text' | 'children'> & { children: Shape[] };

function shape(part: Part | ModelPart): Shape {
  const { section, headerStart, bodyStart, bodyEnd, lines, type, subtype, encoding, children } =
    part;
  return {
    section,
    headerStart,
    bodyStart,
    bodyEnd,
    lines,
    type,
    subtype,
    encoding,
    children: children.map(shape),
  };
}

function textsOf(part: ModelPart): string[] {
  return [...(part.text === undefined ? [] : [part.text]), ...part.children.flatMap(textsOf)];
}
