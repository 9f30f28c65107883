import type { Texts } from './text.ts';

/** About requests themselves. */
export const httpTexts = {
  INTERNAL: {
    kk: 'Қызмет қазір жауап бере алмайды. Кейінірек қайталап көріңіз',
    ru: 'Служба сейчас не может ответить. Попробуйте позже',
    en: 'The service cannot answer now. Try again later',
  },
} as const satisfies Texts;
