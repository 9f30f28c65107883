import type { Place } from './service-options.ts';

/** An answer, or a part of one, whatever its format. */
export interface AnswerNode {
  /**
   * The text at a place, without white space around it; undefined when there is none, or nothing in it. Throws
   * `WrongAnswer` when there are several, or something that is no text.
   */
  text(place: Place): string | undefined;
  /** Each that is at a place: the members of an array, the elements of a name. */
  items(place: Place): readonly AnswerNode[];
}
