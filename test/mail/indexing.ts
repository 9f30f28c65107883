import type { MessageIndex, Part } from '../../src/mail/api.ts';
import { MessageIndexer } from '../../src/mail/indexer.ts';

/** Indexes a message given as text, one character an octet, or as octets. */
export function indexOf(message: string | Uint8Array, chunkBytes = Infinity): MessageIndex {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  const indexer = new MessageIndexer();
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // A copy that is destroyed afterwards: the indexer must not keep views of its chunks.
    const chunk = Uint8Array.from(bytes.subarray(at, Math.min(at + chunkBytes, bytes.length)));
    indexer.write(chunk);
    chunk.fill(0x2d);
    if (chunkBytes === Infinity) break;
  }
  return indexer.finish();
}

/** A message as it is on the wire: the lines of a template with CRLF, without the indentation of the first. */
export function crlf(template: string): string {
  const lines = template.replace(/^\n/, '').split('\n');
  const indent = /^ */.exec(lines[0] ?? '')?.[0] ?? '';
  return lines
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
    .join('\r\n');
}

/** All parts of the tree, outer ones first. */
export function partsOf(part: Part): Part[] {
  return [part, ...part.children.flatMap(partsOf)];
}

/** A pseudo-random generator with a seed: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, without, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** From 0 up to, without, `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
