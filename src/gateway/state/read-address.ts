import type { StateAddress } from '../api.ts';
import type { AnswerNode } from './answer-node.ts';
import { fieldText } from './field-text.ts';
import type { AddressPlaces } from './service-options.ts';

/** Undefined when the answer has no text of it. */
export function readAddress(
  answer: AnswerNode,
  places: AddressPlaces | undefined,
): StateAddress | undefined {
  const text = fieldText(answer, places?.text);
  if (text === undefined) return undefined;
  const postcode = fieldText(answer, places?.postcode);
  return postcode === undefined ? { text } : { text, postcode };
}
