import type { AnswerNode } from './answer-node.ts';
import { fieldText } from './field-text.ts';
import type { Place } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** As `fieldText`, for a field that must be there. */
export function requiredText(answer: AnswerNode, place: Place, mostLength?: number): string {
  const text = fieldText(answer, place, mostLength);
  if (text === undefined) throw new WrongAnswer('wrong', `${place} is missing`);
  return text;
}
