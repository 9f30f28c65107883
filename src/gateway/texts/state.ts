import type { Texts } from './text.ts';

/** About the state databases. */
export const stateTexts = {
  STATE_DB_DOWN: {
    kk: 'Мемлекеттік дерекқор жауап бермейді. Өтініш сақталды: {id}',
    ru: 'Государственная база не отвечает. Заявление сохранено: {id}',
    en: 'The state database does not answer. Application saved: {id}',
  },
  STATE_DB_MISMATCH: {
    kk: 'Деректер мемлекеттік дерекқормен сәйкес емес: {field}',
    ru: 'Данные не совпали с государственной базой: {field}',
    en: 'Data do not match the state database: {field}',
  },
} as const satisfies Texts;
