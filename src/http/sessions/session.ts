import { createHmac } from 'node:crypto';
import type { SignedBy, SubjectKey } from '../../gateway/api.ts';
import type { Row } from '../../gateway/records/record-table.ts';
import type { SessionLevel, SessionRecord } from './session-record.ts';

/** Somebody who signed in with an EDS. */
export class Session {
  readonly row: Row<SessionRecord>;
  /** Whoever has it is this session. */
  readonly token: string;
  /** When it ends however much it is used. */
  readonly endsAt: number;
  readonly #open: () => SignedBy;

  constructor(row: Row<SessionRecord>, token: string, endsAt: number, open: () => SignedBy) {
    this.row = row;
    this.token = token;
    this.endsAt = endsAt;
    this.#open = open;
  }

  get level(): SessionLevel {
    return this.row.value.level;
  }

  get subject(): SubjectKey {
    return this.row.value.subject as SubjectKey;
  }

  /** The signature that it began with: personal data, opened when it is asked for. */
  get by(): SignedBy {
    return this.#open();
  }

  /** What a page of ours shows with each change, and one of others cannot know. */
  get csrf(): string {
    return createHmac('sha256', this.token).update('csrf').digest('base64url');
  }
}
