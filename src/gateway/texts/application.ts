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
  APPLICATION_NOT_FOUND: {
    kk: 'Мұндай өтініш жоқ немесе ол сіздікі емес',
    ru: 'Такого заявления нет, или оно не ваше',
    en: 'There is no such application, or it is not yours',
  },
  APPLICATION_EXPIRED: {
    kk: 'Өтініштің мерзімі өтті. Қайтадан бастаңыз',
    ru: 'Срок заявления истёк. Начните заново',
    en: 'The application has expired. Begin again',
  },
  APPLICATION_STATE: {
    kk: 'Өтініштің бұл қадамын қазір жасауға болмайды',
    ru: 'Сейчас этот шаг заявления сделать нельзя',
    en: 'This step of the application cannot be taken now',
  },
  APPLICATION_CHANGED: {
    kk: 'Қол қойылған құжат өтініштен өзгеше. Қайтадан қол қойыңыз',
    ru: 'Подписан не тот документ, что в заявлении. Подпишите заново',
    en: 'What was signed is not the document of the application. Sign again',
  },
  CONFIRMATION_CHANGED: {
    kk: 'Деректер өзгерген немесе растау мерзімі өткен. Қайтадан қол қойыңыз',
    ru: 'Данные изменились, или срок подтверждения истёк. Подпишите заново',
    en: 'The data have changed, or the confirmation has expired. Sign again',
  },
  NO_OPERATOR_KEY: {
    kk: 'Растау құжаты әзірге берілмейді: оператордың қол қою кілті жоқ',
    ru: 'Документ подтверждения пока не выдаётся: у оператора нет ключа подписи',
    en: 'No confirmation document can be given out: the operator has no key to sign with',
  },
  PHONE_WRONG: {
    kk: 'Телефон нөмірі қате: +77011234567 түрінде жазыңыз',
    ru: 'Неверный номер телефона: напишите в виде +77011234567',
    en: 'The telephone number is wrong: write it like +77011234567',
  },
  FIELD_WRONG: {
    kk: 'Өріс қате толтырылған: {field}',
    ru: 'Неверно заполнено поле: {field}',
    en: 'A field is filled in wrongly: {field}',
  },
  PERSONAL_EDS_NEEDED: {
    kk: 'Жеке тұлғаның ЭЦҚ-сы керек: бұл ұйымның ЭЦҚ-сы',
    ru: 'Нужна ЭЦП физического лица: это ЭЦП организации',
    en: 'The EDS of a natural person is needed: this is one of an organisation',
  },
  ENTITY_HEAD: {
    kk: 'Мемлекеттік дерекқорда басқа бірінші басшы көрсетілген',
    ru: 'В государственной базе указан другой первый руководитель',
    en: 'The state database names another first head',
  },
  SECOND_PERSON_NEEDED: {
    kk: 'Бұл тіркеуді екінші қызметкер растауы керек',
    ru: 'Эту регистрацию должен подтвердить второй работник',
    en: 'A second employee has to confirm this registration',
  },
  IDENTITY_DOCUMENT: {
    kk: 'Жеке куәліктің мерзімі өткен немесе ол жоқ',
    ru: 'Документ, удостоверяющий личность, просрочен или отсутствует',
    en: 'The identity document is missing or has expired',
  },
  ACTIVATION_CODE: {
    kk: 'Іске қосу коды қате, қолданылған немесе мерзімі өткен',
    ru: 'Код активации неверен, использован или просрочен',
    en: 'The activation code is wrong, used or expired',
  },
  NO_MAILBOX: {
    kk: 'Сіздің атыңызға жәшік ашылмаған',
    ru: 'На ваше имя ящик не открыт',
    en: 'There is no mailbox in your name',
  },
} as const satisfies Texts;
