import type { Texts } from './text.ts';

/** About logins and passwords. */
export const loginTexts = {
  LOGIN_TAKEN: {
    kk: 'Бұл логин бос емес. Бос нұсқалар: {list}',
    ru: 'Этот логин занят. Свободные варианты: {list}',
    en: 'This login is taken. Free variants: {list}',
  },
  LOGIN_LOOKALIKE: {
    kk: 'Логин «{other}» логиніне тым ұқсас',
    ru: 'Логин слишком похож на «{other}»',
    en: 'The login looks too much like "{other}"',
  },
  LOGIN_RESERVED: {
    kk: 'Бұл атау қызметтік мақсатқа сақталған',
    ru: 'Это имя зарезервировано для служебных целей',
    en: 'This name is reserved for service use',
  },
  USE_DEVICE_PASSWORD: {
    kk: 'Пошта бағдарламасы үшін құрылғы құпиясөзін пайдаланыңыз',
    ru: 'Для почтовой программы используйте пароль устройства',
    en: 'Use a device password for mail programs',
  },
} as const satisfies Texts;
