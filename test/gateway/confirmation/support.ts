import type { Signer } from '../../../src/eds/sign/signer.ts';
import type { ConfirmationFacts } from '../../../src/gateway/confirmation/confirmation-facts.ts';
import type { ConfirmationFiles } from '../../../src/gateway/confirmation/confirmation-files.ts';
import { drawConfirmation } from '../../../src/gateway/confirmation/draw-confirmation.ts';
import { signConfirmation } from '../../../src/gateway/confirmation/sign-confirmation.ts';
import { bin, iin } from '../../eds/support/authorities.ts';
import { now } from '../../eds/support/clock.ts';

/** Every letter that only Kazakh has, capital and small. */
export const kazakhLetters = 'ӘҒҚҢӨҰҮҺІ әғқңөұүһі';

const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();

/** Of a citizen, made by the operator whose head the tests' authority knows. */
export const citizen: ConfirmationFacts = {
  id: 'ap_7F3K9Q2M4X',
  issuedAt: at(5),
  operator: {
    bin,
    name: {
      kk: 'Ұлттық пошта операторы',
      ru: 'Национальный оператор почты',
      en: 'the National Postal Operator',
    },
  },
  mailbox: { address: 'aigerim@example.kz', level: 'official', createdAt: at(4) },
  subject: { type: 'individual', iin, name: `${kazakhLetters} Айгерім` },
  channel: { type: 'online' },
  agreement: { version: '2026-07-01', sha256: 'a1'.repeat(32), acceptedAt: at(3) },
  application: { sha256: 'b2'.repeat(32) },
};

/** Of a company, made at a counter. */
export const company: ConfirmationFacts = {
  ...citizen,
  mailbox: { ...citizen.mailbox, address: 'office@example.kz', level: 'basic' },
  subject: {
    type: 'legalEntity',
    bin: '160841000015',
    name: { kk: 'ЖШС «Сынақ»', ru: 'ТОО «Проба»' },
    signatory: 'СЫНАҚ БАСШЫ',
  },
  channel: { type: 'counter', facility: '050000-12', employee: 'e-117' },
};

/** The JSON, the signature, and the pages that hold both. */
export async function makeConfirmation(
  facts: ConfirmationFacts,
  signer: Signer,
): Promise<ConfirmationFiles & { readonly pdf: Uint8Array }> {
  const { json, cms } = await signConfirmation(facts, signer);
  return { json, cms, pdf: await drawConfirmation(json, cms) };
}
