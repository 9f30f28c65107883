import type { AnswerNode } from './answer-node.ts';
import { JsonAnswer } from './json-answer.ts';
import type { StateFormat } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';
import { XmlAnswer } from './xml-answer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The octets of an answer, of whoever sent them. Throws `WrongAnswer`. */
export function readAnswer(octets: Uint8Array, format: StateFormat): AnswerNode {
  let text: string;
  try {
    text = decoder.decode(octets);
  } catch {
    throw new WrongAnswer('unreadable', 'the answer is not in UTF-8');
  }
  return format === 'json' ? JsonAnswer.parse(text) : XmlAnswer.parse(text);
}
