import { expect } from 'chai';
import fc from 'fast-check';
import type { EmailId, MailboxId, ModSeq, Uid } from '../../src/core/values.ts';
import {
  type Columns,
  keywordBit,
  keywordLimit,
  keywordNames,
  type LoggedChange,
  MailboxView,
  type Row,
  type ViewChange,
} from '../../src/store/mailbox-view.ts';
import { rowsOf } from './support.ts';

const seed = 20260902;

function row(uid: number, modSeq = uid, more: Partial<Row> = {}): Row {
  return {
    uid: uid as Uid,
    modSeq: modSeq as ModSeq,
    flags: 0,
    moreFlags: 0,
    sizeBytes: 1000 + uid,
    internalDate: 2000 + uid,
    email: (3000 + uid) as EmailId,
    ...more,
  };
}

function columns(rows: readonly Row[]): Columns {
  const some = rows.some(({ moreFlags }) => moreFlags !== 0);
  return {
    uid: Uint32Array.from(rows, (each) => each.uid),
    modSeq: Float64Array.from(rows, (each) => each.modSeq),
    flags: Uint32Array.from(rows, (each) => each.flags),
    moreFlags: some ? Uint32Array.from(rows, (each) => each.moreFlags) : undefined,
    size: Uint32Array.from(rows, (each) => each.sizeBytes),
    internalDate: Uint32Array.from(rows, (each) => each.internalDate),
    email: Uint32Array.from(rows, (each) => each.email),
  };
}

function viewOf(rows: readonly Row[]): MailboxView {
  const last = rows.at(-1);
  return new MailboxView(
    {
      id: 1 as MailboxId,
      uidValidity: 1,
      uidNext: ((last?.uid ?? 0) + 1) as Uid,
      highestModSeq: Math.max(1, ...rows.map(({ modSeq }) => modSeq)) as ModSeq,
      keywords: [],
    },
    columns(rows),
  );
}

const uids = (view: MailboxView): number[] => rowsOf(view).map(({ uid }) => uid);

describe('MailboxView', () => {
  describe('finds', () => {
    const view = viewOf([row(2), row(5), row(9), row(4_294_967_295)]);
    const cases: readonly (readonly [uid: number, index: number, bound: number])[] = [
      [0, -1, 0],
      [1, -1, 0],
      [2, 0, 0],
      [3, -1, 1],
      [5, 1, 1],
      [8, -1, 2],
      [9, 2, 2],
      [10, -1, 3],
      [4_294_967_295, 3, 3],
      [4_294_967_296, -1, 4],
    ];
    for (const [uid, index, bound] of cases) {
      it(`UID ${uid} at ${index}, first not below at ${bound}`, () => {
        expect(view.indexOf(uid)).to.equal(index);
        expect(view.lowerBound(uid)).to.equal(bound);
      });
    }

    it('nothing in an empty mailbox', () => {
      expect(viewOf([]).indexOf(1)).to.equal(-1);
      expect(viewOf([]).lowerBound(1)).to.equal(0);
    });
  });

  it('keeps each column through additions and expunges', () => {
    const view = viewOf([row(1), row(2), row(3)]);
    view.apply({ kind: 'added', rows: [row(7, 20, { moreFlags: 8 }), row(8, 20)] });
    view.apply({ kind: 'expunged', uids: [1, 3, 7], modSeq: 21 as ModSeq });
    expect(rowsOf(view)).to.deep.equal([row(2), row(8, 20)]);
    expect(view.uidNext).to.equal(9);
    expect(view.highestModSeq).to.equal(21);
    view.apply({ kind: 'added', rows: Array.from({ length: 500 }, (_, i) => row(10 + i, 22)) });
    expect(view.count).to.equal(502);
    expect(view.rowAt(501)).to.deep.equal(row(509, 22));
  });

  it('skips UIDs it does not have, but raises its MODSEQ', () => {
    const view = viewOf([row(5)]);
    const follower = view.follow();
    view.apply({ kind: 'expunged', uids: [1, 2], modSeq: 30 as ModSeq });
    view.apply({
      kind: 'flagged',
      rows: [{ uid: 9 as Uid, flags: 1, moreFlags: 0 }],
      modSeq: 31 as ModSeq,
    });
    expect(uids(view)).to.deep.equal([5]);
    expect(view.highestModSeq).to.equal(31);
    expect(follower.upToDate).to.equal(true);
  });

  describe('keywords', () => {
    it('have bits of their own, 59 of them', () => {
      const seen = new Set<string>();
      for (let number = 0; number < keywordLimit; number++) {
        const { more, bit } = keywordBit(number);
        expect(bit).to.be.greaterThan(0);
        seen.add(`${more} ${bit}`);
        if (!more) expect(bit & 31).to.equal(0);
      }
      expect(seen.size).to.equal(59);
    });

    it('are found in any case and read back by name', () => {
      const view = viewOf([row(1)]);
      view.keywords.push(...Array.from({ length: keywordLimit }, (_, i) => `Key${i}`));
      expect(view.keywordNumber('kEY58')).to.equal(58);
      expect(view.keywordNumber('none')).to.equal(-1);
      const [low, high] = [keywordBit(0).bit, keywordBit(58).bit];
      expect(keywordNames(view.keywords, low | 31, high)).to.deep.equal(['Key0', 'Key58']);
      expect(keywordNames(view.keywords, 31, 0)).to.deep.equal([]);
    });
  });

  describe('followers', () => {
    const expunge: ViewChange = { kind: 'expunged', uids: [1], modSeq: 9 as ModSeq };

    it('see what comes after they begin, each by itself', () => {
      const view = viewOf([row(1), row(2)]);
      const early = view.follow();
      view.apply({ kind: 'added', rows: [row(3, 8)] });
      const late = view.follow();
      view.apply(expunge);
      expect(early.next()).to.deep.equal({ kind: 'added', uids: [3] });
      expect(early.next()).to.deep.equal({ kind: 'expunged', rows: [row(1)] });
      expect(early.next()).to.equal(undefined);
      expect(late.upToDate).to.equal(false);
      expect(late.next()?.kind).to.equal('expunged');
      expect(late.next()).to.equal(undefined);
    });

    it('let the log be forgotten once all have read it', () => {
      const view = viewOf([row(1)]);
      const [slow, quick] = [view.follow(), view.follow()];
      for (let i = 0; i < 100; i++) view.apply({ kind: 'added', rows: [row(10 + i, 10 + i)] });
      while (quick.next() !== undefined);
      expect(view.readFrom(slow.position)).not.to.equal(undefined);
      slow.close();
      expect(view.readFrom(0)).to.equal(undefined);
      view.apply(expunge);
      expect(quick.next()?.kind).to.equal('expunged');
      quick.close();
      view.apply({ kind: 'added', rows: [row(500, 500)] });
      expect(view.readFrom(101)).to.equal(undefined);
    });
  });

  it(`does what a plain list does (seed ${seed})`, () => {
    type Op =
      | { readonly add: number; readonly gap: number; readonly more: boolean }
      | { readonly flag: readonly number[]; readonly flags: number; readonly more: number }
      | { readonly expunge: readonly number[] };
    const some = fc.uniqueArray(fc.integer({ min: 1, max: 80 }), { maxLength: 20 });
    const op: fc.Arbitrary<Op> = fc.oneof(
      fc.record({
        add: fc.integer({ min: 0, max: 12 }),
        gap: fc.integer({ min: 0, max: 3 }),
        more: fc.boolean(),
      }),
      fc.record({
        flag: some,
        flags: fc.integer({ min: 0, max: 0xffff_ffff }),
        more: fc.integer({ min: 0, max: 0xffff_ffff }),
      }),
      fc.record({ expunge: some }),
    );
    fc.assert(
      fc.property(fc.array(op, { maxLength: 25 }), (ops) => {
        const view = viewOf([]);
        const follower = view.follow();
        let model: Row[] = [];
        const told: LoggedChange[] = [];
        let modSeq = 1;
        let next = 1;
        for (const each of ops) {
          modSeq++;
          if ('add' in each) {
            next += each.gap;
            const rows = Array.from({ length: each.add }, () =>
              row(next++, modSeq, { moreFlags: each.more ? 5 : 0 }),
            );
            view.apply({ kind: 'added', rows });
            model.push(...rows);
            if (rows.length > 0) told.push({ kind: 'added', uids: rows.map(({ uid }) => uid) });
          } else if ('flag' in each) {
            const wanted = [...each.flag].sort((x, y) => x - y);
            view.apply({
              kind: 'flagged',
              rows: wanted.map((uid) => ({
                uid: uid as Uid,
                flags: each.flags,
                moreFlags: each.more,
              })),
              modSeq: modSeq as ModSeq,
            });
            const hit = model.filter(({ uid }) => wanted.includes(uid));
            model = model.map((old) =>
              hit.includes(old)
                ? { ...old, flags: each.flags, moreFlags: each.more, modSeq: modSeq as ModSeq }
                : old,
            );
            if (hit.length > 0) told.push({ kind: 'flagged', uids: hit.map(({ uid }) => uid) });
          } else {
            const wanted = [...each.expunge].sort((x, y) => x - y);
            view.apply({ kind: 'expunged', uids: wanted, modSeq: modSeq as ModSeq });
            const rows = model.filter(({ uid }) => wanted.includes(uid));
            model = model.filter((old) => !rows.includes(old));
            if (rows.length > 0) told.push({ kind: 'expunged', rows });
          }
          expect(rowsOf(view)).to.deep.equal(model);
          model.forEach(({ uid }, i) => {
            expect(view.indexOf(uid)).to.equal(i);
          });
        }
        const heard: LoggedChange[] = [];
        for (let c = follower.next(); c !== undefined; c = follower.next()) heard.push(c);
        expect(heard).to.deep.equal(told);
      }),
      { seed, numRuns: 300 },
    );
  });
});
