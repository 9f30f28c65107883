import type { StateEntity } from '../api.ts';
import { certifiedIin } from '../identifiers/certified-iin.ts';
import type { TestIdentifiers } from '../identifiers/test-identifiers.ts';
import type { Bin } from '../identifiers/values.ts';
import type { AnswerNode } from './answer-node.ts';
import { fieldText } from './field-text.ts';
import { readAddress } from './read-address.ts';
import { readChoice } from './read-choice.ts';
import { readDate } from './read-date.ts';
import { readIdentifier } from './read-identifier.ts';
import { requiredText } from './required-text.ts';
import type { EntityPlaces } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** The entity that was asked for; undefined when there is none. Throws `WrongAnswer`, also for another one. */
export function readEntity(
  answer: AnswerNode,
  places: EntityPlaces,
  asked: Bin,
  testIdentifiers: TestIdentifiers,
): StateEntity | undefined {
  if (readChoice(answer, places.outcome) === 'absent') return undefined;
  if (requiredText(answer, places.bin) !== asked) {
    throw new WrongAnswer('wrong', 'the answer is about another entity');
  }
  const certificate = readCertificate(answer, places.certificate);
  const legalAddress = readAddress(answer, places.legalAddress);
  return {
    bin: asked,
    nameKk: requiredText(answer, places.nameKk),
    nameRu: requiredText(answer, places.nameRu),
    status: readChoice(answer, places.status),
    headIin: readIdentifier(answer, places.headIin, certifiedIin, testIdentifiers),
    ...(certificate && { certificate }),
    ...(legalAddress && { legalAddress }),
  };
}

/** Left out when the answer has not all of it. */
function readCertificate(
  answer: AnswerNode,
  places: EntityPlaces['certificate'],
): StateEntity['certificate'] {
  const number = fieldText(answer, places?.number);
  const issuedOn = readDate(answer, places?.issuedOn);
  const issuedBy = fieldText(answer, places?.issuedBy);
  return number && issuedOn && issuedBy ? { number, issuedOn, issuedBy } : undefined;
}
