import type { StatePerson } from '../api.ts';
import type { Iin } from '../identifiers/values.ts';
import type { AnswerNode } from './answer-node.ts';
import { fieldText } from './field-text.ts';
import { readAddress } from './read-address.ts';
import { readChoice } from './read-choice.ts';
import { readDate } from './read-date.ts';
import { readName } from './read-name.ts';
import { requiredText } from './required-text.ts';
import type { PersonPlaces } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** The person who was asked for; undefined when there is none. Throws `WrongAnswer`, also for somebody else. */
export function readPerson(
  answer: AnswerNode,
  places: PersonPlaces,
  asked: Iin,
): StatePerson | undefined {
  if (readChoice(answer, places.outcome) === 'absent') return undefined;
  if (requiredText(answer, places.iin) !== asked) {
    throw new WrongAnswer('wrong', 'the answer is about somebody else');
  }
  const document = readDocument(answer, places.document);
  const address = readAddress(answer, places.address);
  return {
    iin: asked,
    name: readName(answer, places),
    status: readChoice(answer, places.status),
    ...(document && { document }),
    ...(address && { address }),
  };
}

/** Left out when the answer has not all of it: nobody is refused for that. */
function readDocument(
  answer: AnswerNode,
  places: PersonPlaces['document'],
): StatePerson['document'] {
  const type = fieldText(answer, places?.type);
  const number = fieldText(answer, places?.number);
  const issuer = fieldText(answer, places?.issuer);
  const issuedOn = readDate(answer, places?.issuedOn);
  if (!type || !number || !issuer || !issuedOn) return undefined;
  const validUntil = readDate(answer, places?.validUntil);
  return { type, number, issuer, issuedOn, ...(validUntil && { validUntil }) };
}
