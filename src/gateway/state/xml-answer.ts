import { SaxesParser } from 'saxes';
import type { AnswerNode } from './answer-node.ts';
import { limits } from './limits.ts';
import type { Place } from './service-options.ts';
import { WrongAnswer } from './wrong-answer.ts';

interface XmlElement {
  /** Without a prefix: whoever answers chooses prefixes. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** An answer in XML: a place names elements from the root down, without prefixes, at its end perhaps `@attribute`. */
export class XmlAnswer implements AnswerNode {
  readonly #element: XmlElement;

  private constructor(element: XmlElement) {
    this.#element = element;
  }

  /** Throws `WrongAnswer`: not well formed, with a document type (and so entities), too deep, too many elements. */
  static parse(text: string): XmlAnswer {
    return new XmlAnswer(parse(text));
  }

  text(place: Place): string | undefined {
    const names = place.slice(1).split('/');
    const last = names.at(-1) ?? '';
    if (last.startsWith('@')) {
      const owner = this.#one(names.slice(0, -1), place);
      return owner?.attributes.get(last.slice(1))?.trim() || undefined;
    }
    const element = this.#one(names, place);
    if (element === undefined) return undefined;
    if (element.children.length > 0) throw new WrongAnswer('wrong', `${place} is no text`);
    return element.text.trim() || undefined;
  }

  items(place: Place): readonly AnswerNode[] {
    return this.#all(place.slice(1).split('/')).map((element) => new XmlAnswer(element));
  }

  #one(names: readonly string[], place: Place): XmlElement | undefined {
    const found = this.#all(names);
    if (found.length > 1) throw new WrongAnswer('wrong', `${place} is there more than once`);
    return found[0];
  }

  #all(names: readonly string[]): readonly XmlElement[] {
    let found: readonly XmlElement[] = [this.#element];
    for (const name of names) {
      found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
    }
    return found;
  }
}

/** An element above the root: a place begins with the root's name. */
function parse(text: string): XmlElement {
  const document: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [document];
  let nodes = 0;
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on('error', () => {
    // Its own message quotes names out of the answer.
    throw new WrongAnswer('unreadable', 'the answer is not well-formed XML');
  });
  parser.on('doctype', () => {
    throw new WrongAnswer('unreadable', 'the answer has a document type');
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
      throw new WrongAnswer('unreadable', 'the answer is not in UTF-8');
    }
  });
  parser.on('opentag', ({ local, attributes }) => {
    // Those with a prefix are of XML itself (xmlns, xsi) or of other people.
    const values = Object.values(attributes).filter(({ prefix }) => prefix === '');
    nodes += 1 + Object.keys(attributes).length;
    if (open.length > limits.depth) throw new WrongAnswer('unreadable', 'the answer is too deep');
    if (nodes > limits.xmlNodes) throw new WrongAnswer('unreadable', 'the answer is too much');
    const element: XmlElement = {
      name: local,
      attributes: new Map(values.map((one) => [one.local, one.value])),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  const add = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(text).close();
  return document;
}
