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
  STATE_NOT_FOUND: {
    kk: 'Мемлекеттік дерекқорда мұндай жазба жоқ. Істің нөмірі: {case}. Пошта бөлімшесіне жүгініңіз',
    ru: 'В государственной базе нет такой записи. Номер обращения: {case}. Обратитесь в отделение почты',
    en: 'The state database has no such record. Case number: {case}. Please go to a post office',
  },
  STATE_DECEASED: {
    kk: 'Мемлекеттік дерекқорда қайтыс болғаны туралы белгі бар. Істің нөмірі: {case}. Пошта бөлімшесіне жүгініңіз',
    ru: 'В государственной базе есть отметка о смерти. Номер обращения: {case}. Обратитесь в отделение почты',
    en: 'The state database says that this person has died. Case number: {case}. Please go to a post office',
  },
  STATE_LIQUIDATED: {
    kk: 'Заңды тұлға таратылған немесе таратылуда. Істің нөмірі: {case}',
    ru: 'Юридическое лицо ликвидировано или ликвидируется. Номер обращения: {case}',
    en: 'The legal entity is liquidated or in liquidation. Case number: {case}',
  },
} as const satisfies Texts;
