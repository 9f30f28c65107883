import type { AnswerNode } from './answer-node.ts';
import { requiredText } from './required-text.ts';
import type { Choice } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** What is said at a place, in our words. Throws `WrongAnswer` for words that the mapping has not: nothing is assumed. */
export function readChoice<Value extends string>(
  answer: AnswerNode,
  { at, values }: Choice<Value>,
): Value {
  const text = requiredText(answer, at);
  const value = Object.hasOwn(values, text) ? values[text] : undefined;
  if (value === undefined) throw new WrongAnswer('wrong', `${at} says what is not in the mapping`);
  return value;
}
