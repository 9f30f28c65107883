import type { PersonName } from '../api.ts';
import type { AnswerNode } from './answer-node.ts';
import { fieldText } from './field-text.ts';
import { limits } from './limits.ts';
import type { NamePlaces, Unset } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** A name, letter for letter. Some people have one name only: the other part is empty then. Throws `WrongAnswer`. */
export function readName(answer: AnswerNode, places: Unset<NamePlaces>): PersonName {
  const part = (place: string | undefined): string | undefined =>
    fieldText(answer, place, limits.nameLength);
  const surname = part(places.surname) ?? '';
  const given = part(places.given) ?? '';
  if (surname === '' && given === '') throw new WrongAnswer('wrong', 'there is no name');
  const patronymic = part(places.patronymic);
  return patronymic === undefined ? { surname, given } : { surname, given, patronymic };
}
