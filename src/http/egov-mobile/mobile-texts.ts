import type { Text } from '../../gateway/texts/text.ts';

/** What somebody signs with a phone. */
export type MobileKind =
  'login' | 'employee-login' | 'password-reset' | 'application' | 'confirmation';

/** What the phone shows of it, so that nobody signs what somebody else has begun. */
export const mobileTexts: Readonly<Record<MobileKind, Text>> = {
  login: {
    kk: 'Жеке кабинетке кіру. Егер кіруді өзіңіз бастамасаңыз, қол қоймаңыз',
    ru: 'Вход в личный кабинет. Если вход начали не вы, не подписывайте',
    en: 'Signing in to the cabinet. Do not sign if you did not begin it yourself',
  },
  'employee-login': {
    kk: 'Қызметкердің жүйеге кіруі. Егер кіруді өзіңіз бастамасаңыз, қол қоймаңыз',
    ru: 'Вход работника в систему. Если вход начали не вы, не подписывайте',
    en: 'Signing in of an employee. Do not sign if you did not begin it yourself',
  },
  'password-reset': {
    kk: 'Жәшіктің құпиясөзін ауыстыру. Егер мұны өзіңіз бастамасаңыз, қол қоймаңыз',
    ru: 'Смена пароля ящика. Если её начали не вы, не подписывайте',
    en: 'A new password for the mailbox. Do not sign if you did not begin it yourself',
  },
  application: {
    kk: 'Электрондық абоненттік пошта жәшігін тіркеу туралы өтініш',
    ru: 'Заявление на регистрацию электронного абонентского почтового ящика',
    en: 'Application for an electronic subscriber mailbox',
  },
  confirmation: {
    kk: 'Пошта жәшігі иесінің деректерін растау',
    ru: 'Подтверждение данных владельца почтового ящика',
    en: 'Confirmation of the data of the owner of a mailbox',
  },
};
