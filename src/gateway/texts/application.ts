import type { Texts } from './text.ts';

/** About applications and the agreement. */
export const applicationTexts = {
  ALREADY_HAS_MAILBOX: {
    kk: 'Сізде жәшік бар: {masked}. Кіруді қалпына келтіріңіз',
    ru: 'У вас уже есть ящик: {masked}. Восстановите доступ',
    en: 'You already have a mailbox: {masked}. Restore access',
  },
  AGREEMENT_REQUIRED: {
    kk: 'Пайдаланушы келісімін ({version}) қабылдаңыз',
    ru: 'Примите пользовательское соглашение ({version})',
    en: 'Accept the user agreement ({version})',
  },
} as const satisfies Texts;
