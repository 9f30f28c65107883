import type { AnswerNode } from './answer-node.ts';
import { fieldText } from './field-text.ts';
import type { Place } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** A date as `2026-07-01`; it may come so, with a time behind, or as `01.07.2026`. Throws `WrongAnswer`. */
export function readDate(answer: AnswerNode, place: Place | undefined): string | undefined {
  const text = fieldText(answer, place);
  if (text === undefined) return undefined;
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)(?:[T+Z].*)?$/.exec(text) ?? [];
  const [, day2, month2, year2] = /^(\d\d)\.(\d\d)\.(\d{4})$/.exec(text) ?? [];
  const date = `${year ?? year2 ?? ''}-${month ?? month2 ?? ''}-${day ?? day2 ?? ''}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  // 30 February is taken by some platforms, as a day of March.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(date)) {
    throw new WrongAnswer('wrong', `${place} is no date`);
  }
  return date;
}
