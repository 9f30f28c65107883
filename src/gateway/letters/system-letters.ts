import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Clock } from '../../core/clock.ts';
import { inboxId } from '../../core/values.ts';
import type { Account, ContentStore, MessageStore } from '../../store/api.ts';
import type { Language } from '../api.ts';
import { catalogue } from '../texts/catalogue.ts';

/** The operator in the languages of its letters. */
const sender: Readonly<Record<Language, string>> = {
  kk: 'Электрондық абоненттік пошта',
  ru: 'Электронная абонентская почта',
  en: 'Electronic subscriber mail',
};

export type SystemLetter = 'WELCOME' | 'PASSWORD_RESET';

export interface SystemLettersParts {
  readonly store: Pick<ContentStore, 'receive'> & Pick<MessageStore, 'accept'>;
  readonly clock: Clock;
  readonly domain: string;
}

/** Letters of the system into a mailbox, each once however often it is asked for. */
export class SystemLetters {
  readonly #parts: SystemLettersParts;

  constructor(parts: SystemLettersParts) {
    this.#parts = parts;
  }

  /** `occasion` tells one letter of a kind from another: the same occasion again stores nothing. */
  async send(
    account: Account,
    letter: SystemLetter,
    language: Language,
    occasion: string,
    params: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { store, clock, domain } = this.#parts;
    const id = createHash('sha256').update(`${letter}\0${occasion}`).digest().subarray(0, 16);
    const now = clock.now();
    const words = { ...params, address: account.address };
    const octets = await new MailComposer({
      from: { name: sender[language], address: `no-reply@${domain}` },
      to: account.address,
      subject: filled(catalogue[`${letter}_SUBJECT`][language], words),
      text: filled(catalogue[`${letter}_TEXT`][language], words),
      date: new Date(now),
      messageId: `<${id.toString('hex')}@${domain}>`,
      // RFC 3834 §5
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
      newline: 'windows',
    })
      .compile()
      .build();
    const writer = store.receive();
    await writer.write(octets);
    const content = await writer.finish();
    try {
      await store.accept(content, [
        {
          account: account.id,
          mailbox: inboxId,
          deliveryId: id.toString('base64url'),
          lasting: true,
          flags: { system: 0, keywords: [] },
          internalDate: now,
        },
      ]);
    } finally {
      await content.release();
    }
  }
}

function filled(text: string, params: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => params[name] ?? whole);
}
