import { Refusal } from '../refusal.ts';
import type { Asn1Node } from './node.ts';
import { tags } from './tags.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });

/** The text of any string type that a name may have. Throws `parse` for others and for octets that are no text. */
export function textOf(node: Asn1Node, what: string): string {
  if (node.tagClass !== 'universal' || node.constructed) {
    throw new Refusal('parse', `${what}: not a text`);
  }
  const text = decode(node);
  if (text === undefined) throw new Refusal('parse', `${what}: not a text`);
  return text;
}

function decode(node: Asn1Node): string | undefined {
  switch (node.tag) {
    case tags.utf8String:
      return attempt(utf8, node.content);
    case tags.bmpString:
      return attempt(utf16, node.content);
    case tags.numericString:
    case tags.printableString:
    case tags.ia5String:
    case tags.visibleString:
      return node.content.every((octet) => octet < 0x80)
        ? Buffer.from(node.content).toString('latin1')
        : undefined;
    case tags.teletexString:
      return Buffer.from(node.content).toString('latin1');
    default:
      return undefined;
  }
}

function attempt(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
