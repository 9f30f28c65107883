import { Random } from '../mail/indexing.ts';
import type { FuzzTarget } from './targets.ts';

const poolSize = 300;
const mostBytes = 12_000;

/** An input that was read wrongly. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  readonly input: Buffer;

  constructor(seed: number, run: number, input: Buffer, cause: unknown) {
    super(`seed ${seed}, run ${run}: ${String(cause)}`, { cause });
    this.input = input;
  }
}

/**
 * Damages right inputs and what became of them before, and has each read. Answers the octets that were read; throws
 * `FuzzFailure`. `watch` is called around each input, by who wants to measure.
 */
export function fuzz(
  target: FuzzTarget,
  runs: number,
  seed: number,
  watch: (examine: () => void) => void = (examine) => {
    examine();
  },
): number {
  const random = new Random(seed);
  const pool = target.corpus.map((text) => Buffer.from(text, 'latin1'));
  let octets = 0;
  for (let run = 0; run < runs; run++) {
    const fresh = random.chance(0.5);
    let input = fresh
      ? Buffer.from(random.pick(target.corpus), 'latin1')
      : Buffer.from(random.pick(pool));
    for (let rounds = random.below(5); rounds > 0; rounds--) input = mutate(input, target, random);
    if (input.length > mostBytes) input = input.subarray(0, mostBytes);
    octets += input.length;
    try {
      watch(() => {
        target.examine(input, random);
      });
    } catch (error) {
      throw new FuzzFailure(seed, run, input, error);
    }
    if (pool.length < poolSize) pool.push(input);
    else if (input.length < 500 || random.chance(0.02)) pool[random.below(poolSize)] = input;
  }
  return octets;
}

function mutate(input: Buffer, { words, corpus }: FuzzTarget, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(input.length + 1);
  const end = Math.min(input.length, at + random.below(20));
  const splice = (piece: Buffer, to: number): Buffer<ArrayBuffer> =>
    Buffer.concat([input.subarray(0, at), piece, input.subarray(to)]);
  switch (random.below(7)) {
    case 0: // an octet becomes another
      return splice(Buffer.from([random.below(256)]), Math.min(input.length, at + 1));
    case 1: // some go
      return splice(Buffer.alloc(0), end);
    case 2: // a word comes in
      return splice(Buffer.from(random.pick(words), 'latin1'), at);
    case 3: // a word takes a place
      return splice(Buffer.from(random.pick(words), 'latin1'), end);
    case 4: // some are there twice
      return splice(input.subarray(at, end), at);
    case 5: {
      // a word is there many times: depth and length
      const word = Buffer.from(random.pick(words), 'latin1');
      return splice(Buffer.concat(Array.from({ length: 1 + random.below(80) }, () => word)), at);
    }
    default: {
      // the end of another input
      const other = Buffer.from(random.pick(corpus), 'latin1');
      return splice(other.subarray(random.below(other.length)), input.length);
    }
  }
}
