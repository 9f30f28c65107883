import { expect } from 'chai';
import type { UidRanges } from '../../src/core/uid-set.ts';
import type { AccountId, MailboxId, ModSeq, Uid } from '../../src/core/values.ts';
import type { Mailbox, OpenMailbox } from '../../src/store/api.ts';
import { MailboxView, type Row } from '../../src/store/mailbox-view.ts';
import { SelectedMailbox, type SyncOptions } from '../../src/imap/selected.ts';
import { SessionState } from '../../src/imap/session-state.ts';
import { Encoder } from '../../src/imap/wire/encoder.ts';

/** A mailbox as a list, and the view that is to be the same. */
export class ModelMailbox {
  rows: Row[] = [];
  readonly view: MailboxView;
  readonly expunged: { readonly uid: number; readonly modSeq: number }[] = [];
  modSeq = 1;
  #uidNext = 1;

  constructor() {
    this.view = new MailboxView(
      {
        id: 1 as MailboxId,
        uidValidity: 7,
        uidNext: 1 as Uid,
        highestModSeq: 1 as ModSeq,
        keywords: [],
      },
      {
        uid: new Uint32Array(0),
        modSeq: new Float64Array(0),
        flags: new Uint32Array(0),
        moreFlags: undefined,
        size: new Uint32Array(0),
        internalDate: new Uint32Array(0),
        email: new Uint32Array(0),
      },
    );
  }

  /** Appends messages; `gap` leaves UIDs out before each, as if they had come and gone unseen. */
  add(count: number, gap = 0, sizeBytes?: number): void {
    const modSeq = ++this.modSeq as ModSeq;
    const rows: Row[] = [];
    for (let i = 0; i < count; i++) {
      this.#uidNext += gap;
      const uid = this.#uidNext++ as Uid;
      const email = uid as number as Row['email'];
      rows.push({
        uid,
        modSeq,
        flags: 0,
        moreFlags: 0,
        sizeBytes: sizeBytes ?? 100 + uid,
        internalDate: uid,
        email,
      });
    }
    this.rows.push(...rows);
    this.view.apply({ kind: 'added', rows });
  }

  flag(uids: readonly number[], flags: number): void {
    const known = this.rows.filter((row) => uids.includes(row.uid)).map((row) => row.uid);
    if (known.length === 0) return;
    const modSeq = ++this.modSeq as ModSeq;
    this.rows = this.rows.map((row) => (known.includes(row.uid) ? { ...row, flags, modSeq } : row));
    this.view.apply({
      kind: 'flagged',
      rows: known.map((uid) => ({ uid, flags, moreFlags: 0 })),
      modSeq,
    });
  }

  expunge(uids: readonly number[]): void {
    const known = this.rows.filter((row) => uids.includes(row.uid)).map((row) => row.uid);
    if (known.length === 0) return;
    const modSeq = ++this.modSeq as ModSeq;
    this.rows = this.rows.filter((row) => !known.includes(row.uid));
    this.expunged.push(...known.map((uid) => ({ uid, modSeq })));
    this.view.apply({ kind: 'expunged', uids: known, modSeq });
  }

  open(state: SessionState, readOnly = false): SelectedMailbox {
    const open: OpenMailbox = {
      account: 1 as AccountId,
      view: this.view,
      showAsOf: () => undefined,
      vanishedSince: (since) => {
        const uids = this.expunged.filter((gone) => gone.modSeq > since).map((gone) => gone.uid);
        return Promise.resolve(
          uids.sort((a, b) => a - b).flatMap((uid) => [uid, uid]) as UidRanges,
        );
      },
      close: () => undefined,
    };
    return new SelectedMailbox(open, { id: 1 as MailboxId } as Mailbox, state, readOnly);
  }
}

/** What a client knows of its mailbox by the untagged responses alone; it fails at the first one that cannot be. */
export class SimulatedClient {
  readonly selected: SelectedMailbox;
  readonly state = new SessionState();
  readonly out: Encoder;
  /** UIDs by sequence number, less one. */
  uids: number[];
  readonly flags = new Map<number, string>();
  highestModSeq: number;
  readonly #model: ModelMailbox;
  #sent = '';

  constructor(model: ModelMailbox, extensions: readonly ('CONDSTORE' | 'QRESYNC')[] = []) {
    this.#model = model;
    for (const extension of extensions) this.state.enabled.add(extension);
    this.selected = model.open(this.state);
    this.out = new Encoder({
      write: (octets) => {
        this.#sent += Buffer.from(octets).toString();
      },
      queuedBytes: 0,
      drained: () => Promise.resolve(),
    });
    this.uids = model.rows.map((row) => row.uid);
    for (const row of model.rows) this.flags.set(row.uid, flagsOf(row.flags));
    this.highestModSeq = model.modSeq;
  }

  async sync(options: SyncOptions): Promise<string> {
    await this.selected.sync(this.out, options);
    return this.read(options.expunge);
  }

  /** Reads what was written. */
  read(mayExpunge: boolean): string {
    this.out.send();
    const text = this.#sent;
    this.#sent = '';
    for (const line of text.split('\r\n').slice(0, -1)) this.#take(line, mayExpunge);
    return text;
  }

  /** The session and the client must agree at every moment. */
  check(): void {
    expect(this.selected.count, 'EXISTS').to.equal(this.uids.length);
    for (const [i, uid] of this.uids.entries()) {
      expect(this.selected.uidOf(i + 1), `UID of ${i + 1}`).to.equal(uid);
      expect(this.selected.msnOf(uid), `number of UID ${uid}`).to.equal(i + 1);
    }
    expect(this.selected.uidOf(this.uids.length + 1)).to.equal(undefined);
    const walked: number[] = [];
    const walk = this.selected.walk([1, 0xffffffff]);
    let more = true;
    while (more) {
      more = walk.next(3, (msn, rows, index) => {
        expect(msn).to.equal(walked.length + 1);
        walked.push(rows.uidAt(index));
        return undefined;
      });
    }
    expect(walked, 'walk').to.deep.equal(this.uids);
  }

  #take(line: string, mayExpunge: boolean): void {
    const exists = /^\* (\d+) EXISTS$/.exec(line);
    if (exists !== null) {
      const count = Number(exists[1]);
      expect(count, 'EXISTS only grows').to.be.greaterThan(this.uids.length);
      const last = this.uids.at(-1) ?? 0;
      // It fetches the new ones at once.
      const added = this.#model.rows.filter((row) => row.uid > Math.max(last, this.#lastSeen));
      for (const row of added) {
        this.uids.push(row.uid);
        this.flags.set(row.uid, flagsOf(row.flags));
        this.#lastSeen = row.uid;
      }
      expect(this.uids.length).to.equal(count);
      return;
    }
    const expunge = /^\* (\d+) EXPUNGE$/.exec(line);
    if (expunge !== null) {
      expect(mayExpunge, 'EXPUNGE allowed').to.equal(true);
      expect(this.state.qresync, 'EXPUNGE after QRESYNC').to.equal(false);
      const [uid] = this.uids.splice(Number(expunge[1]) - 1, 1);
      this.#forget(uid);
      return;
    }
    const vanished = /^\* VANISHED ([\d:,]+)$/.exec(line);
    if (vanished !== null) {
      expect(mayExpunge, 'VANISHED allowed').to.equal(true);
      for (const uid of expand(vanished[1]!)) {
        expect(this.uids, 'VANISHED is known').to.include(uid);
        this.uids.splice(this.uids.indexOf(uid), 1);
        this.#forget(uid);
      }
      return;
    }
    const fetch = /^\* (\d+) FETCH \(UID (\d+) FLAGS (\([^)]*\))(?: MODSEQ \((\d+)\))?\)$/.exec(
      line,
    );
    if (fetch !== null) {
      const uid = Number(fetch[2]);
      expect(this.uids[Number(fetch[1]) - 1], 'FETCH names its message').to.equal(uid);
      expect(fetch[4] !== undefined, 'MODSEQ').to.equal(this.state.condstore);
      this.flags.set(uid, fetch[3]!);
      return;
    }
    const modSeq = /^\* OK \[HIGHESTMODSEQ (\d+)\]/.exec(line);
    if (modSeq !== null) {
      this.highestModSeq = Number(modSeq[1]);
      return;
    }
    expect.fail(`unexpected line: ${line}`);
  }

  #lastSeen = 0;

  #forget(uid: number | undefined): void {
    expect(uid).to.not.equal(undefined);
    expect(
      this.#model.rows.some((row) => row.uid === uid),
      `UID ${uid} is gone`,
    ).to.equal(false);
    this.flags.delete(uid!);
    this.#lastSeen = Math.max(this.#lastSeen, uid!);
  }
}

export function flagsOf(bits: number): string {
  const names = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];
  return `(${names.filter((_, bit) => (bits & (1 << bit)) !== 0).join(' ')})`;
}

function expand(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split(':').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
