import { GatewayError } from '../gateway-error.ts';
import type { TestIdentifiers } from '../identifiers/test-identifiers.ts';
import type { AnswerNode } from './answer-node.ts';
import { requiredText } from './required-text.ts';
import type { Place } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** An IIN or BIN that a state database says. Throws `WrongAnswer` when it is none. */
export function readIdentifier<Identifier>(
  answer: AnswerNode,
  place: Place | undefined,
  take: (text: string, testIdentifiers: TestIdentifiers) => Identifier,
  testIdentifiers: TestIdentifiers,
): Identifier {
  if (place === undefined) throw new WrongAnswer('wrong', 'the mapping has no identity number');
  try {
    return take(requiredText(answer, place), testIdentifiers);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new WrongAnswer('wrong', `${place} is no identity number`);
  }
}
