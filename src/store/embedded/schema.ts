import type { Migration } from './database.ts';

/*
 * Names are short where a row is short, because they are read often; the words:
 *   a account, m mailbox, u UID, c content of this shard, e email (a content of any shard, see emailOf), thr
 *   conversation (the e it began with), ms MODSEQ, f and f2 flag bits, x MODSEQ of the expunge, xt its time in seconds.
 * Every key that belongs to an account begins with it, so that an account's rows lie together.
 */

/** `shard-N.sqlite`: everything of its accounts, and the contents that were delivered here first. */
export const shardMigrations: readonly Migration[] = [
  `
  -- Delivery ids taken, with their answers; n counts them, the oldest are forgotten.
  CREATE TABLE taken (
    a INTEGER NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL,
    uidvalidity INTEGER NOT NULL, u INTEGER NOT NULL,
    PRIMARY KEY (a, id)
  ) STRICT, WITHOUT ROWID;

  -- Mailboxes; and as m = 0 the account itself, the commit point: what a commit changes becomes true with that row.
  -- There ms is the account's change number, total and bytes are its quota use, uidvalidity is the last one given,
  -- uidnext the next number of a mailbox. In one table, because every commit writes both: they share a page.
  CREATE TABLE mbx (
    a INTEGER NOT NULL, m INTEGER NOT NULL, name TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL, ms INTEGER NOT NULL,
    total INTEGER NOT NULL, bytes INTEGER NOT NULL,
    unseen INTEGER NOT NULL, deleted INTEGER NOT NULL, deleted_bytes INTEGER NOT NULL,
    use TEXT, selectable INTEGER NOT NULL,
    keywords TEXT NOT NULL, -- JSON array of names, by number
    vanfloor INTEGER NOT NULL, -- expunges up to this MODSEQ may be forgotten
    taken INTEGER, max_bytes INTEGER, max_count INTEGER, -- of the account
    PRIMARY KEY (a, m)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX mbx_name ON mbx (a, name);

  CREATE TABLE sub (
    a INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (a, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE idx (
    a INTEGER NOT NULL, m INTEGER NOT NULL, u INTEGER NOT NULL,
    ms INTEGER NOT NULL, f INTEGER NOT NULL, f2 INTEGER NOT NULL, size INTEGER NOT NULL,
    idate INTEGER NOT NULL, -- INTERNALDATE, seconds
    sdate INTEGER NOT NULL, -- when it came into this mailbox, seconds. RFC 8514
    e INTEGER NOT NULL,
    PRIMARY KEY (a, m, u)
  ) STRICT, WITHOUT ROWID;

  -- Expunged messages, for VANISHED (EARLIER) and for undelete.
  CREATE TABLE gone (
    a INTEGER NOT NULL, m INTEGER NOT NULL, x INTEGER NOT NULL, u INTEGER NOT NULL,
    e INTEGER NOT NULL, xt INTEGER NOT NULL,
    PRIMARY KEY (a, m, x, u)
  ) STRICT, WITHOUT ROWID;

  -- Deleted mailboxes whose idx rows wait for the collector, so that DELETE costs the same for any size.
  CREATE TABLE ended (
    a INTEGER NOT NULL, m INTEGER NOT NULL, xt INTEGER NOT NULL,
    PRIMARY KEY (a, m)
  ) STRICT, WITHOUT ROWID;

  -- The account's emails by their Message-ID with the base subject (ref is a hash of both): the same octets are found
  -- again, and so is the conversation of whoever refers to them. A ref that only others named has no digest and e = 0.
  CREATE TABLE mail (
    a INTEGER NOT NULL, ref INTEGER NOT NULL, digest BLOB NOT NULL,
    e INTEGER NOT NULL, thr INTEGER NOT NULL,
    PRIMARY KEY (a, ref, digest)
  ) STRICT, WITHOUT ROWID;

  -- Rendered once at delivery, never changed.
  CREATE TABLE content (
    c INTEGER PRIMARY KEY,
    at INTEGER NOT NULL, -- seconds
    size INTEGER NOT NULL,
    file INTEGER NOT NULL, -- 1: the octets are in bodies/xx/<sha256>
    version INTEGER NOT NULL, -- of the renderings
    sent INTEGER, -- milliseconds
    preview TEXT NOT NULL,
    envelope TEXT NOT NULL, envelope8 TEXT,
    structure TEXT NOT NULL, structure8 TEXT,
    body TEXT NOT NULL, body8 TEXT,
    digest BLOB NOT NULL, -- SHA-256
    ref INTEGER NOT NULL, -- of its own Message-ID, see mail
    header_bytes INTEGER NOT NULL,
    header BLOB, -- null: too large for a row, read it from the file
    parts TEXT NOT NULL, -- JSON, see part-pack.ts
    threading TEXT NOT NULL -- JSON, for a rebuild of mail
  ) STRICT;
  CREATE INDEX content_file ON content (digest) WHERE file = 1;

  -- The octets behind the header, apart from it, so that lists and headers never read bodies.
  CREATE TABLE body (c INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

  -- Which accounts (of any shard; 0 is the outbox) use a content of this shard. There is no counter.
  CREATE TABLE link (
    c INTEGER NOT NULL, a INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (c, a)
  ) STRICT, WITHOUT ROWID;

  -- Letters for elsewhere, and receipts: notices of success that senders asked for.
  CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    c INTEGER NOT NULL, -- 0 for a receipt, whose letter an account holds
    relay TEXT NOT NULL, -- JSON; '' once it is settled, kept a day so that a retry is not sent twice
    next_at INTEGER NOT NULL, leased_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_next ON outbox (next_at) WHERE relay <> '';

  -- Counters of the shard itself: 'content' is the next number of a content.
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counter VALUES ('content', 1);
  `,
  `
  -- Delivery ids that are never forgotten: those of imports.
  CREATE TABLE lasting (
    a INTEGER NOT NULL, id BLOB NOT NULL,
    uidvalidity INTEGER NOT NULL, u INTEGER NOT NULL,
    PRIMARY KEY (a, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What undelete needs to know. lives: 1 when the message went on in another place (MOVE, undelete). Tombstones from
  -- before this have neither flags nor INTERNALDATE.
  ALTER TABLE gone ADD COLUMN lives INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE gone ADD COLUMN f INTEGER;
  ALTER TABLE gone ADD COLUMN f2 INTEGER;
  ALTER TABLE gone ADD COLUMN idate INTEGER;
  ALTER TABLE ended ADD COLUMN name TEXT;
  ALTER TABLE ended ADD COLUMN keywords TEXT NOT NULL DEFAULT '[]';

  -- Accounts that are being restored, from which snapshot: what is there may be continued, and by nobody else.
  CREATE TABLE restoring (a INTEGER PRIMARY KEY, source TEXT NOT NULL) STRICT;
  `,
];

/** `directory.sqlite`: who there is, and who did what. */
export const directoryMigrations: readonly Migration[] = [
  `
  CREATE TABLE account (
    a INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,
    canonical TEXT NOT NULL UNIQUE,
    skeleton TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    credentials TEXT NOT NULL, -- JSON
    max_bytes INTEGER,
    max_count INTEGER,
    at INTEGER NOT NULL -- milliseconds
  ) STRICT;

  -- Accounts whose head in the shard is still to be made like their row here: done at once, or at the next open.
  CREATE TABLE unsettled (a INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL, -- milliseconds
    account INTEGER,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT -- JSON
  ) STRICT;
  CREATE INDEX audit_account ON audit (account, id) WHERE account IS NOT NULL;
  CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
  `,
  `
  -- Small facts that are no mail. With a number of their own, because values may be long.
  CREATE TABLE record (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, -- kind, '/', key
    version INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- Whose an account is, see AccountOwner; both or neither.
  ALTER TABLE account ADD COLUMN subject TEXT;
  ALTER TABLE account ADD COLUMN level TEXT;
  `,
];
