import type { Texts } from './text.ts';

/** About state bodies and look-ups. */
export const agencyTexts = {
  NOT_FOUND_OR_NOT_ALLOWED: {
    kk: 'Мұндай жазба жоқ немесе оған рұқсатыңыз жоқ',
    ru: 'Такой записи нет или у вас нет к ней доступа',
    en: 'There is no such record, or you may not see it',
  },
  LOOKUP_LIMIT: {
    kk: 'Сұрау шегіне жетті. {seconds} секундтан кейін қайталаңыз',
    ru: 'Достигнут предел запросов. Повторите через {seconds} с',
    en: 'The limit of look-ups is reached. Try again in {seconds} s',
  },
} as const satisfies Texts;
