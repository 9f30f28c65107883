import { expect } from 'chai';
import type { ViewChange } from '../../../src/store/mailbox-view.ts';
import { type EmailId, flagBits, type ModSeq, type Uid } from '../../../src/core/values.ts';
import { LiveView } from '../../../src/store/embedded/live-view.ts';
import type { ViewSnapshot } from '../../../src/store/embedded/protocol.ts';
import { uidsOf } from '../support.ts';

/** One message with UID 1, as of commit 5. */
const snapshot = (): ViewSnapshot => ({
  seq: 5,
  mailbox: {
    m: 1,
    name: 'INBOX',
    uidValidity: 7,
    uidNext: 2,
    modSeq: 5,
    total: 1,
    unseen: 1,
    deleted: 0,
    bytes: 10,
    deletedBytes: 0,
    use: null,
    selectable: true,
    keywords: [],
    vanFloor: 0,
  },
  columns: {
    uid: Uint32Array.of(1),
    modSeq: Float64Array.of(5),
    flags: Uint32Array.of(0),
    moreFlags: undefined,
    size: Uint32Array.of(10),
    internalDate: Uint32Array.of(0),
    email: Uint32Array.of(1),
  },
});

const added = (uid: number, seq: number): ViewChange => ({
  kind: 'added',
  rows: [
    {
      uid: uid as Uid,
      modSeq: seq as ModSeq,
      flags: 0,
      moreFlags: 0,
      sizeBytes: 10,
      internalDate: 0,
      email: uid as EmailId,
    },
  ],
});
const event = (seq: number, ...changes: ViewChange[]): Parameters<LiveView['apply']>[0] => ({
  seq,
  keywords: undefined,
  changes,
  gone: false,
});

describe('embedded: a live view', () => {
  const times: readonly (readonly [string, boolean])[] = [
    ['before the snapshot', true],
    ['behind the snapshot', false],
  ];
  for (const [when, early] of times) {
    const load = async (live: LiveView, apply: () => void): Promise<number[]> => {
      if (early) apply();
      const view = await live.loaded;
      if (!early) apply();
      return view === undefined ? [] : uidsOf(view);
    };

    it(`shows once what the snapshot held, when its event comes ${when}`, async () => {
      const live = new LiveView(Promise.resolve(snapshot()));
      const uids = await load(live, () => {
        live.apply(event(5, added(1, 5)));
      });
      expect(uids).to.deep.equal([1]);
    });

    it(`shows all changes of a newer commit that comes ${when}`, async () => {
      const live = new LiveView(Promise.resolve(snapshot()));
      const uids = await load(live, () => {
        live.apply(event(6, { kind: 'expunged', uids: [1], modSeq: 6 as ModSeq }));
        live.apply(event(6, added(2, 6)));
      });
      expect(uids).to.deep.equal([2]);
    });
  }

  it('keeps the newer flags when the event of an older commit comes late', async () => {
    const loaded = snapshot();
    loaded.columns.flags[0] = flagBits['\\Seen'];
    const live = new LiveView(Promise.resolve(loaded));
    const view = await live.loaded;
    live.apply(
      event(4, {
        kind: 'flagged',
        rows: [{ uid: 1 as Uid, flags: 0, moreFlags: 0 }],
        modSeq: 4 as ModSeq,
      }),
    );
    expect(view?.flagsAt(0)).to.equal(flagBits['\\Seen']);
    expect(view?.modSeqAt(0)).to.equal(5);
  });
});
