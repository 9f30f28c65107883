import { type MessagePort, parentPort } from 'node:worker_threads';
import { giveWay } from '../../../core/give-way.ts';
import { answerCalls } from '../../../core/thread-calls.ts';
import { type IndexedText, letterText, unreadableText } from '../../common/texts/letter-text.ts';
import { gramsOf, packGrams } from './gram-list.ts';
import type { MadeText, MadeTexts, TextQuestion } from './text-maker.ts';

giveWay();
answerCalls(parentPort as MessagePort, async (question: TextQuestion): Promise<MadeTexts> => {
  const { parts, sizeBytes, pieces } = question;
  const read = (offset: number, length: number): Promise<Uint8Array> => {
    if (length === 0) return Promise.resolve(new Uint8Array());
    const piece = pieces.find(
      ({ at, octets }) => offset >= at && offset + length <= at + octets.length,
    );
    if (piece === undefined) throw new RangeError('octets that are not there');
    return Promise.resolve(piece.octets.subarray(offset - piece.at, offset - piece.at + length));
  };
  // A letter that cannot be read does not keep the others from being indexed.
  const { header, body } = await letterText({ parts, sizeBytes, read }).catch(() => unreadableText);
  return { header: made(header), body: made(body) };
});

function made({ indexed, kept }: IndexedText): MadeText {
  return { kept, grams: indexed === undefined ? undefined : packGrams(gramsOf(indexed)) };
}
