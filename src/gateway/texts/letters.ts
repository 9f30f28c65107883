import type { Texts } from './text.ts';

/** Letters that the system writes to the owner of a mailbox: subject and text of each. */
export const letterTexts = {
  WELCOME_SUBJECT: {
    kk: 'Электрондық абоненттік пошта жәшігіңіз ашылды',
    ru: 'Ваш электронный абонентский почтовый ящик открыт',
    en: 'Your electronic subscriber mailbox is open',
  },
  WELCOME_TEXT: {
    kk: `Сәлеметсіз бе!

Сіздің мекенжайыңыз: {address}
Ол тек сіздікі және ешқашан басқа адамға берілмейді.

Мемлекеттік органдардың ресми хаттары «Official» бумасына түседі. Олар спамға жіберілмейді және жәшік толып кетсе де қабылданады. Ресми хат алмасуға қатысу үшін жеке кабинетте деректеріңізді ЭЦҚ-мен растаңыз.

Пошта бағдарламасының баптаулары:
  IMAP: {imapHost}, порт {imapPort}, TLS
  SMTP: {smtpHost}, порт {smtpPort}, TLS
  Логин: {address}

Құпиясөзіңізді ешкімге айтпаңыз: қызметкерлер оны ешқашан сұрамайды.`,
    ru: `Здравствуйте!

Ваш адрес: {address}
Он только ваш и никогда не будет отдан другому.

Официальные письма государственных органов приходят в папку «Official». Они не попадают в спам и принимаются, даже если ящик полон. Чтобы участвовать в официальной переписке, подтвердите свои данные в личном кабинете с помощью ЭЦП.

Настройки почтовой программы:
  IMAP: {imapHost}, порт {imapPort}, TLS
  SMTP: {smtpHost}, порт {smtpPort}, TLS
  Логин: {address}

Никому не сообщайте пароль: работники никогда его не спрашивают.`,
    en: `Hello!

Your address: {address}
It is yours alone and will never be given to anybody else.

Official letters of state bodies arrive in the folder "Official". They never go to spam and are accepted even when the mailbox is full. To take part in official mail, confirm your data in the personal cabinet with your EDS.

Settings of a mail program:
  IMAP: {imapHost}, port {imapPort}, TLS
  SMTP: {smtpHost}, port {smtpPort}, TLS
  Login: {address}

Tell nobody your password: employees never ask for it.`,
  },
  PASSWORD_RESET_SUBJECT: {
    kk: 'Құпиясөзіңіз өзгертілді',
    ru: 'Ваш пароль изменён',
    en: 'Your password was changed',
  },
  PASSWORD_RESET_TEXT: {
    kk: `{time} (Астана уақыты, UTC+5) {address} жәшігінің құпиясөзі ЭЦҚ-мен өзгертілді. Барлық сеанс аяқталды.

Егер бұл сіз болмасаңыз, сертификатыңызды ҰКО-да кері қайтарып алыңыз және пошта бөлімшесіне жүгініңіз. 1414 немесе басқа нөмірлерден келген кодтарды ешкімге айтпаңыз.`,
    ru: `{time} (время Астаны, UTC+5) пароль ящика {address} изменён с помощью ЭЦП. Все сеансы завершены.

Если это были не вы, отзовите сертификат в НУЦ и обратитесь в отделение почты. Никому не сообщайте коды, пришедшие с 1414 или других номеров.`,
    en: `At {time} (Astana time, UTC+5) the password of {address} was changed with an EDS. All sessions were ended.

If this was not you, revoke your certificate at the National CA and go to a post office. Tell nobody codes that came from 1414 or other numbers.`,
  },
} as const satisfies Texts;
