import { type AccountId, hierarchyDelimiter } from '../core/values.ts';
import type { Mailbox, MailStore } from '../store/api.ts';
import { keywordNames } from '../store/mailbox-view.ts';
import type { ExportedLetter, LetterTarget } from './letter-target.ts';

export type ExportStore = Pick<MailStore, 'mailboxes' | 'open' | 'content' | 'contents'>;

export interface ExportCounts {
  exported: number;
  unchanged: number;
  /** Flags have changed since the last export. */
  renamed: number;
  /** Expunged meanwhile. */
  gone: number;
  lostKeywords: number;
  octets: number;
}

const pageLetters = 64;
const pieceBytes = 256 * 1024;

/** Writes the letters of an account's mailboxes. Adds and renames, never deletes; may be run again. */
export class ExportRun {
  readonly counts: ExportCounts = {
    exported: 0,
    unchanged: 0,
    renamed: 0,
    gone: 0,
    lostKeywords: 0,
    octets: 0,
  };
  readonly #store: ExportStore;
  readonly #account: AccountId;
  readonly #target: LetterTarget;

  constructor(store: ExportStore, account: AccountId, target: LetterTarget) {
    this.#store = store;
    this.#account = account;
    this.#target = target;
  }

  /** Yields after each page of letters. */
  async *mailbox(mailbox: Mailbox): AsyncGenerator<void, void, void> {
    const levels = mailbox.name === 'INBOX' ? [] : mailbox.name.split(hierarchyDelimiter);
    const to = await this.#target.mailbox(levels);
    const open = await this.#store.open(this.#account, mailbox.id);
    let complete = false;
    try {
      const { view } = open;
      // By UID, so that what is expunged meanwhile moves nothing.
      for (let after = 0; ;) {
        const first = view.lowerBound(after + 1);
        const rows = [];
        for (let i = first; i < view.count && rows.length < pageLetters; i++)
          rows.push(view.rowAt(i));
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last.uid;
        const missing = [];
        for (const row of rows) {
          const letter: ExportedLetter = {
            internalDate: row.internalDate,
            account: this.#account,
            uidValidity: view.uidValidity,
            uid: row.uid,
            flags: {
              system: row.flags & 31,
              keywords: keywordNames(view.keywords, row.flags, row.moreFlags),
            },
          };
          const found = await to.find(letter);
          if (found === undefined) missing.push({ row, letter });
          else this.counts[found]++;
        }
        const emails = missing.map(({ row }) => row.email);
        const contents = await this.#store.contents(this.#account, emails);
        let fresh = 0;
        let octets = 0;
        for (const [i, { row, letter }] of missing.entries()) {
          const content = contents[i];
          if (content === undefined) {
            this.counts.gone++;
            continue;
          }
          const { bytes } = content;
          await to.write(letter, bytes === undefined ? this.#pieces(row.email) : once(bytes));
          fresh++;
          octets += content.sizeBytes;
        }
        await to.settle();
        // What is counted is on the disk.
        this.counts.exported += fresh;
        this.counts.octets += octets;
        yield;
      }
      complete = true;
    } finally {
      open.close();
      this.counts.lostKeywords += to.lostKeywords;
      await to.close(complete);
    }
  }

  async *#pieces(
    email: Parameters<ExportStore['content']>[1],
  ): AsyncGenerator<Uint8Array, void, void> {
    const content = await this.#store.content(this.#account, email);
    if (content === undefined) throw new Error('A content of a message is not there');
    for (let at = 0; at < content.sizeBytes; at += pieceBytes) {
      yield await content.read(at, pieceBytes);
    }
  }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(octets);
}
