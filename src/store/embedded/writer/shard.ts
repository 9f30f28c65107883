import { MailError } from '../../../core/errors.ts';
import type { Connection } from '../database.ts';
import { emailOf } from '../email-place.ts';
import { ContentRows } from './content-rows.ts';
import { EndedRows } from './ended-rows.ts';
import { EventRecorder } from './events.ts';
import { GarbageRows } from './garbage-rows.ts';
import { type Box, type Head, Heads } from './heads.ts';
import { LastingIds } from './lasting-ids.ts';
import { MessageRows } from './message-rows.ts';
import { OutboxRows } from './outbox-rows.ts';
import { UpkeepRows } from './upkeep-rows.ts';
import { SubscriptionRows } from './subscription-rows.ts';
import { TakenIds } from './taken-ids.ts';

/** One shard file as its writer sees it: what the operations work with. */
export class Shard {
  readonly number: number;
  /** How many shards there are. */
  readonly shards: number;
  readonly db: Connection;
  readonly heads: Heads;
  readonly contents: ContentRows;
  readonly messages: MessageRows;
  readonly taken: TakenIds;
  readonly lasting: LastingIds;
  readonly subscriptions: SubscriptionRows;
  readonly ended: EndedRows;
  readonly garbage: GarbageRows;
  readonly outbox: OutboxRows;
  readonly upkeep: UpkeepRows;
  readonly events = new EventRecorder();
  /** The time of the operation that runs, milliseconds. */
  now = 0;

  constructor(number: number, shards: number, db: Connection) {
    this.number = number;
    this.shards = shards;
    this.db = db;
    this.heads = new Heads(db);
    this.contents = new ContentRows(db);
    this.messages = new MessageRows(db);
    this.taken = new TakenIds(db);
    this.lasting = new LastingIds(db);
    this.subscriptions = new SubscriptionRows(db);
    this.ended = new EndedRows(db);
    this.garbage = new GarbageRows(db);
    this.outbox = new OutboxRows(db);
    this.upkeep = new UpkeepRows(db);
  }

  /** Seconds. */
  get nowSeconds(): number {
    return Math.floor(this.now / 1000);
  }

  /** `not-found` */
  head(a: number): Head {
    const head = this.heads.get(a);
    if (head === undefined) throw new MailError('not-found', 'No such account');
    return head;
  }

  /** A mailbox that can hold messages. `not-found` */
  box(head: Head, m: number): Box {
    const box = this.heads.box(head, m);
    if (!box?.selectable) throw new MailError('not-found', 'No such mailbox');
    return box;
  }

  /** `limit`: so many more contents cannot be numbered. To be asked before anything is written. */
  checkContents(more: number): void {
    emailOf({ s: this.number, c: this.contents.next + more - 1 }, this.shards);
  }

  /** Part of the commit: what the caches still hold. */
  flush(): void {
    this.heads.flush();
    this.contents.flush();
  }

  /** After a rollback: the file is the truth again. */
  forget(): void {
    this.heads.forget();
    this.contents.forget();
    this.events.forget();
  }
}
