import type { Texts } from './text.ts';

/** About identification numbers. */
export const identifierTexts = {
  IIN_CHECK: {
    kk: 'ЖСН қате: бақылау саны сәйкес келмейді',
    ru: 'ИИН введён неверно: не сходится контрольная цифра',
    en: 'The IIN is wrong: check digit does not match',
  },
  BIN_CHECK: {
    kk: 'БСН қате: бақылау саны сәйкес келмейді',
    ru: 'БИН введён неверно: не сходится контрольная цифра',
    en: 'The BIN is wrong: check digit does not match',
  },
} as const satisfies Texts;
