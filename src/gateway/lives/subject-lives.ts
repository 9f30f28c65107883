import type { Clock } from '../../core/clock.ts';
import type { Identity, RegistryEventKind, StateEvent, SubjectKey } from '../api.ts';
import type { Subject, SubjectMailbox } from '../subjects/subject.ts';
import type { SubjectBook } from '../subjects/subject-book.ts';

export interface SubjectLivesParts {
  readonly subjects: SubjectBook;
  readonly clock: Clock;
  /** Ends sessions, and takes every password: nobody gets in until one is given again. */
  takePasswords(canonical: string, cause: string): Promise<void>;
  endSessions(canonical: string): Promise<void>;
  /** Ends the sessions of the cabinet. */
  endCabinet(subject: SubjectKey): Promise<void>;
}

interface Change {
  readonly subject: Subject;
  readonly kind: RegistryEventKind;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** What happens to the owner of a mailbox, applied to the mailbox. Each can be applied again. domain.md 6.8, 6.9 */
export class SubjectLives {
  readonly #parts: SubjectLivesParts;

  constructor(parts: SubjectLivesParts) {
    this.#parts = parts;
  }

  /** An event of the state databases; one about somebody without a mailbox changes nothing. */
  async apply(event: StateEvent): Promise<void> {
    const cause = `state:${event.cursor}`;
    switch (event.kind) {
      case 'death':
        return this.#suspend({ type: 'individual', iin: event.iin }, cause, event.at, 'death');
      case 'liquidated':
        return this.#suspend(
          { type: 'legalEntity', bin: event.bin },
          cause,
          event.at,
          'liquidation',
        );
      case 'death-cancelled': {
        const identity = { type: 'individual', iin: event.iin } as const;
        await this.#change(identity, cause, event.at, (subject, mailbox) =>
          mailbox.status === 'suspended'
            ? {
                subject: { ...subject, mailbox: { ...mailbox, status: 'active' } },
                kind: 'restored',
                facts: { ground: 'death' },
              }
            : undefined,
        );
        return;
      }
      case 'name': {
        const { name } = event;
        const identity = { type: 'individual', iin: event.iin } as const;
        await this.#change(identity, cause, event.at, (subject) =>
          subject.profile === undefined ||
          JSON.stringify(subject.profile.name) === JSON.stringify(name)
            ? undefined
            : {
                subject: { ...subject, profile: { ...subject.profile, name } },
                kind: 'name',
                facts: {},
              },
        );
        return;
      }
      case 'liquidation-begun': {
        const identity = { type: 'legalEntity', bin: event.bin } as const;
        await this.#change(identity, cause, event.at, (subject) => ({
          subject,
          kind: 'liquidation',
          facts: { stage: 'begun' },
        }));
        return;
      }
      case 'head':
        return this.changeHead(event.bin, event.headIin, cause, event.at);
    }
  }

  /** The head before gets in no more, at once: the new one takes over with an EDS. */
  async changeHead(
    bin: Extract<Identity, { type: 'legalEntity' }>['bin'],
    headIin: string,
    cause: string,
    at: number,
  ): Promise<void> {
    const identity = { type: 'legalEntity', bin } as const;
    const known = await this.#parts.subjects.find(this.#parts.subjects.keyOf(identity));
    if (known?.mailbox === undefined || known.profile?.headIin === headIin) return;
    // The passwords first: a crash after them is made good when the event comes again.
    await this.#parts.takePasswords(known.mailbox.canonical, cause);
    await this.#parts.endCabinet(this.#parts.subjects.keyOf(identity));
    await this.#change(identity, cause, at, (subject) =>
      subject.profile === undefined || subject.profile.headIin === headIin
        ? undefined
        : {
            subject: { ...subject, profile: { ...subject.profile, headIin } },
            kind: 'head',
            facts: {},
          },
    );
  }

  /** A key or a password is in wrong hands: nobody gets in, and the data are to be confirmed anew. */
  async compromised(key: SubjectKey, type: Identity['type'], cause: string): Promise<boolean> {
    const known = await this.#parts.subjects.find(key);
    if (known?.mailbox === undefined) return false;
    await this.#parts.takePasswords(known.mailbox.canonical, cause);
    await this.#parts.endCabinet(key);
    const at = this.#parts.clock.now();
    const changed = await this.#changeKey(key, type, cause, at, (subject, mailbox) => ({
      subject: { ...subject, confirmed: undefined, mailbox: { ...mailbox, level: 'basic' } },
      kind: 'level',
      facts: { level: 'basic', ground: 'compromise' },
    }));
    return changed !== undefined;
  }

  async #suspend(identity: Identity, cause: string, at: number, ground: string): Promise<void> {
    const changed = await this.#change(identity, cause, at, (subject, mailbox) =>
      mailbox.status === 'active'
        ? {
            subject: { ...subject, mailbox: { ...mailbox, status: 'suspended' } },
            kind: 'suspended',
            facts: { ground },
          }
        : undefined,
    );
    if (changed === undefined) return;
    await this.#parts.endSessions(changed.canonical);
    await this.#parts.endCabinet(this.#parts.subjects.keyOf(identity));
  }

  #change(
    identity: Identity,
    cause: string,
    at: number,
    change: (subject: Subject, mailbox: SubjectMailbox) => Change | undefined,
  ): Promise<SubjectMailbox | undefined> {
    const key = this.#parts.subjects.keyOf(identity);
    return this.#changeKey(key, identity.type, cause, at, change);
  }

  /** The mailbox, when the change is there now; undefined when there is none, or nothing to change. */
  async #changeKey(
    key: SubjectKey,
    type: Identity['type'],
    cause: string,
    at: number,
    change: (subject: Subject, mailbox: SubjectMailbox) => Change | undefined,
  ): Promise<SubjectMailbox | undefined> {
    const before = await this.#parts.subjects.find(key);
    if (before?.mailbox === undefined || before.mailbox.status === 'closed') return undefined;
    const outcome = { changed: false };
    const subject = await this.#parts.subjects.commit(key, type, (now) => {
      outcome.changed = false;
      const { mailbox } = now;
      if (mailbox === undefined || mailbox.status === 'closed') return undefined;
      const made = change(now, mailbox);
      if (made === undefined) return undefined;
      outcome.changed = true;
      const { kind, facts } = made;
      const event = {
        id: `${kind}:${cause}`,
        kind,
        subject: key,
        subjectType: type,
        address: mailbox.canonical,
        at,
        cause,
        facts,
      };
      return { ...made.subject, pending: [...now.pending, event] };
    });
    return outcome.changed ? subject.mailbox : undefined;
  }
}
