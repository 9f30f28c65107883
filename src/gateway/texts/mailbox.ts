import type { Texts } from './text.ts';

/** About mailboxes and official mail. */
export const mailboxTexts = {
  SUSPENDED: {
    kk: 'Жәшік {date} дейін тоқтатылған: {reason}',
    ru: 'Ящик приостановлен до {date}: {reason}',
    en: 'Mailbox suspended until {date}: {reason}',
  },
  TOO_BIG: {
    kk: 'Хат тым үлкен: {size}, шегі {limit}',
    ru: 'Письмо слишком большое: {size}, предел {limit}',
    en: 'Message too big: {size}, limit {limit}',
  },
  QUOTA_WARN: {
    kk: 'Жәшік {p}% толды. Ресми хаттар бәрібір қабылданады',
    ru: 'Ящик заполнен на {p}%. Официальные письма всё равно принимаются',
    en: 'Mailbox is {p}% full. Official mail is still accepted',
  },
  NOT_CONFIRMED_SENDER: {
    kk: 'Ресми хат жіберу үшін деректерді ЭЦҚ-мен растаңыз',
    ru: 'Для официальных писем подтвердите данные с помощью ЭЦП',
    en: 'Confirm your data with EDS to send official mail',
  },
  NOT_CONFIRMED_RECIPIENT: {
    kk: 'Алушы ресми хат қабылдауға расталмаған; қағаз хатпен жібереміз бе?',
    ru: 'Получатель не подтверждён для официальных писем; отправить бумагой?',
    en: 'Recipient is not confirmed for official mail; send on paper?',
  },
  DOC_SIGNATURE_BAD: {
    kk: '«{file}» қолтаңбасы жарамсыз: {reason}',
    ru: 'Подпись файла «{file}» недействительна: {reason}',
    en: 'Signature of "{file}" is not valid: {reason}',
  },
  BCC_FORBIDDEN: {
    kk: 'Ресми хатта жасырын алушыларға жол жоқ',
    ru: 'В официальном письме скрытые получатели недопустимы',
    en: 'Hidden recipients are not allowed in official mail',
  },
} as const satisfies Texts;
