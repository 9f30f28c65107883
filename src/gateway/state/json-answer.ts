import type { AnswerNode } from './answer-node.ts';
import type { Place } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** An answer in JSON: a place is a JSON pointer, RFC 6901. */
export class JsonAnswer implements AnswerNode {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** Throws `WrongAnswer`. */
  static parse(text: string): JsonAnswer {
    try {
      return new JsonAnswer(JSON.parse(text));
    } catch {
      // The error of the platform quotes the text.
      throw new WrongAnswer('unreadable', 'the answer is not JSON');
    }
  }

  text(place: Place): string | undefined {
    const value = this.#at(place);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value.trim() || undefined;
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    throw new WrongAnswer('wrong', `${place} is no text`);
  }

  items(place: Place): readonly AnswerNode[] {
    const value = this.#at(place);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new WrongAnswer('wrong', `${place} is no list`);
    return value.map((one) => new JsonAnswer(one));
  }

  #at(place: Place): unknown {
    let value = this.#value;
    for (const name of place.slice(1).split('/')) {
      if (typeof value !== 'object' || value === null) return undefined;
      // §4: ~1 is /, then ~0 is ~.
      const member = name.replaceAll('~1', '/').replaceAll('~0', '~');
      const isMember = Array.isArray(value) ? /^\d+$/.test(member) : true;
      if (!isMember || !Object.hasOwn(value, member)) return undefined;
      value = (value as Record<string, unknown>)[member];
    }
    return value;
  }
}
