import type { Texts } from './text.ts';

/** About state bodies and look-ups. */
export const agencyTexts = {
  NOT_FOUND_OR_NOT_ALLOWED: {
    kk: 'Мұндай жазба жоқ немесе оған рұқсатыңыз жоқ',
    ru: 'Такой записи нет или у вас нет к ней доступа',
    en: 'There is no such record, or you may not see it',
  },
} as const satisfies Texts;
