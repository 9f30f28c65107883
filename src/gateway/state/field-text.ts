import type { AnswerNode } from './answer-node.ts';
import { limits } from './limits.ts';
import type { Place } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/**
 * The text of a field that may be left out. Throws `WrongAnswer` for one that is too long or has control characters:
 * it is shown to people and goes into documents.
 */
export function fieldText(
  answer: AnswerNode,
  place: Place | undefined,
  mostLength: number = limits.fieldLength,
): string | undefined {
  const text = place === undefined ? undefined : answer.text(place);
  if (text === undefined) return undefined;
  if (text.length > mostLength) throw new WrongAnswer('wrong', `${place} is too long`);
  if (/[\p{Cc}\p{Surrogate}\u2028\u2029]/u.test(text)) {
    throw new WrongAnswer('wrong', `${place} has control characters`);
  }
  return text;
}
