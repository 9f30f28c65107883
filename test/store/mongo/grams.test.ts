import { expect } from 'chai';
import fc from 'fast-check';
import {
  blockEmails,
  BlockPacker,
  blockPartitions,
  checkPartition,
  hasPlace,
  partitionOf,
  placesWith,
} from '../../../src/store/mongo/search/gram-block.ts';
import {
  gramCount,
  gramsOf,
  holdsAll,
  needleGrams,
  packGrams,
  unpackGrams,
} from '../../../src/store/mongo/search/gram-list.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20260903);
const some = { seed, numRuns: 300 };
const grams = fc
  .uniqueArray(fc.nat(gramCount - 1), { maxLength: 200 })
  .map((list) => Uint32Array.from(list).sort());

describe(`grams of texts (seed ${seed})`, () => {
  it('has a needle those of every text with it', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(text, text, text, (before, needle, after) => {
        const wanted = needleGrams(needle);
        if (wanted === undefined) return;
        const packed = packGrams(gramsOf(`${before}${needle}${after}`.replaceAll('\0', '\u0001')));
        expect(holdsAll(packed, wanted)).to.equal(true);
      }),
      some,
    );
  });

  it('has none for less than three characters, and for halves of surrogate pairs', () => {
    for (const needle of ['', 'ab', '😀😀', 'ab\ud83d', '\ud83dab']) {
      expect(needleGrams(needle), JSON.stringify(needle)).to.equal(undefined);
    }
    expect(needleGrams('😀ab')).to.have.length(1);
  });

  it('packs lists of them and holds no others', () => {
    fc.assert(
      fc.property(grams, fc.nat(gramCount - 1), (list, other) => {
        const packed = packGrams(list);
        expect(unpackGrams(packed)).to.deep.equal(list);
        expect(holdsAll(packed, [other])).to.equal(list.includes(other));
        expect(holdsAll(packed, [...list])).to.equal(true);
      }),
      some,
    );
  });

  it('packs blocks that answer like the lists they were made of', () => {
    const email = fc.record({ place: fc.nat(blockEmails - 1), grams });
    const emails = fc.uniqueArray(email, { selector: ({ place }) => place, maxLength: 40 });
    const common = fc.uniqueArray(fc.nat(gramCount - 1), { maxLength: 5 });
    fc.assert(
      fc.property(emails, common, fc.nat(gramCount - 1), (list, shared, other) => {
        const lists = list.map(({ place, grams: own }) => {
          const all = new Set([...own, ...shared]);
          return [place, Uint32Array.from(all).sort()] as const;
        });
        const packer = new BlockPacker(lists);
        const partitions = Array.from({ length: blockPartitions }, () => packer.next());
        for (const partition of partitions) checkPartition(partition);
        for (const gram of [...shared, other, ...(lists[0]?.[1] ?? [])]) {
          const places = placesWith(partitions[partitionOf(gram)]!, gram);
          const found = [];
          for (let place = 0; place < blockEmails; place++) {
            if (hasPlace(places, place)) found.push(place);
          }
          const want = lists.filter(([, own]) => own.includes(gram)).map(([place]) => place);
          expect(found).to.deep.equal(want.sort((x, y) => x - y));
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  it('packs what every email has as a bitmap', () => {
    const lists = Array.from(
      { length: blockEmails },
      (_, place) => [place, Uint32Array.of(5, 7)] as const,
    );
    const partition = new BlockPacker(lists).next();
    expect(partition).to.have.length(2 * (1 + 1 + blockEmails / 8));
    expect(placesWith(partition, 7)).to.deep.equal(new Uint8Array(blockEmails / 8).fill(255));
  });

  it('refuses octets that are no partition, whatever they are, with an answer or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(gramCount - 1), (octets, gram) => {
        for (const read of [checkPartition, placesWith, unpackGrams]) {
          try {
            (read as (octets: Uint8Array, gram: number) => unknown)(octets, gram);
          } catch (error) {
            expect(error).to.be.instanceOf(RangeError);
          }
        }
      }),
      { seed, numRuns: 2000 },
    );
    expect(() => {
      checkPartition(Uint8Array.of(0, 40, 1));
    }).to.throw(RangeError);
  });
});
