import type { IgnoredStateEvent, StateEvent } from '../api.ts';
import { certifiedBin } from '../identifiers/certified-bin.ts';
import { certifiedIin } from '../identifiers/certified-iin.ts';
import type { TestIdentifiers } from '../identifiers/test-identifiers.ts';
import type { AnswerNode } from './answer-node.ts';
import { limits } from './limits.ts';
import { readChoice } from './read-choice.ts';
import { readIdentifier } from './read-identifier.ts';
import { readName } from './read-name.ts';
import { requiredText } from './required-text.ts';
import type { EventPlaces } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** A page of the feed. Throws `WrongAnswer`, also when it does not go forward or has more than was asked for. */
export function readEvents(
  answer: AnswerNode,
  places: EventPlaces,
  after: string | undefined,
  limit: number,
  testIdentifiers: TestIdentifiers,
): readonly (StateEvent | IgnoredStateEvent)[] {
  const items = answer.items(places.items);
  if (items.length > limit) throw new WrongAnswer('wrong', 'there are more events than asked for');
  const events = items.map((item) => readEvent(item, places, testIdentifiers));
  const cursors = new Set([after, ...events.map(({ cursor }) => cursor)]);
  if (cursors.size <= events.length) throw new WrongAnswer('wrong', 'the feed does not go forward');
  return events;
}

function readEvent(
  item: AnswerNode,
  places: EventPlaces,
  testIdentifiers: TestIdentifiers,
): StateEvent | IgnoredStateEvent {
  const cursor = requiredText(item, places.cursor, limits.cursorLength);
  const at = readTime(item, places.at);
  const kind = readChoice(item, places.kind);
  const iin = () => readIdentifier(item, places.iin, certifiedIin, testIdentifiers);
  const bin = () => readIdentifier(item, places.bin, certifiedBin, testIdentifiers);
  switch (kind) {
    case 'death':
    case 'death-cancelled':
      return { cursor, at, kind, iin: iin() };
    case 'name':
      return { cursor, at, kind, iin: iin(), name: readName(item, places) };
    case 'liquidation-begun':
    case 'liquidated':
      return { cursor, at, kind, bin: bin() };
    case 'head': {
      const headIin = readIdentifier(item, places.headIin, certifiedIin, testIdentifiers);
      return { cursor, at, kind, bin: bin(), headIin };
    }
    case 'ignored':
      return { cursor, at, kind };
  }
}

/** RFC 3339, with an offset: a time of no zone is no time. */
function readTime(item: AnswerNode, place: string): number {
  const text = requiredText(item, place);
  const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  const time = shape.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new WrongAnswer('wrong', `${place} is no time of RFC 3339`);
  return time;
}
