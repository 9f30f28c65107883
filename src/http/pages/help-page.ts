import type { Language } from '../../gateway/api.ts';
import { page } from './page.ts';

interface HelpText {
  readonly title: string;
  /** `{domain}` and `{host}` stand for what is configured. */
  readonly paragraphs: readonly string[];
}

const texts: Readonly<Record<Language, HelpText>> = {
  kk: {
    title: 'Электрондық абоненттік пошта жәшігі: анықтама',
    paragraphs: [
      '# Жәшікті қалай ашуға болады',
      'Жәшік тегін. ЭЦҚ арқылы: NCALayer немесе eGov Mobile көмегімен кіріңіз, телефоныңызды жазып, логин таңдаңыз, келісімді оқып, өтінішке қол қойыңыз. Жәшік сол сәтте ашылады, содан кейін құпиясөзді өзіңіз таңдайсыз.\nЭЦҚ болмаса: жеке куәлікпен пошта бөлімшесіне келіңіз. Мекенжай {domain} доменінде болады.',
      '# Пошта бағдарламасы',
      'IMAP: {host}, порт 993, SSL/TLS. SMTP: {host}, порт 465, SSL/TLS. Пайдаланушы аты: толық мекенжай. Әр құрылғыға бөлек құпиясөз жасауға болады.',
      '# Мемлекеттік органдардың ресми хаттары',
      'Ресми хат алмасу үшін деректеріңізді жеке кабинетте ЭЦҚ-мен растаңыз.',
      '# Құпиясөз ұмытылса',
      'Жаңа құпиясөзді ЭЦҚ арқылы немесе пошта бөлімшесінде жеке куәлікпен орнатыңыз. Біз құпиясөзді немесе SMS-кодты ешқашан сұрамаймыз.',
      '# Мені кім іздеді',
      'Мекенжайыңызды қай мемлекеттік орган, қашан және не үшін іздегені жеке кабинетте көрінеді.',
    ],
  },
  ru: {
    title: 'Электронный абонентский почтовый ящик: справка',
    paragraphs: [
      '# Как открыть ящик',
      'Ящик бесплатный. С ЭЦП: войдите через NCALayer или eGov Mobile, укажите телефон, выберите логин, прочтите соглашение и подпишите заявление. Ящик открывается сразу, после этого вы сами выбираете пароль.\nБез ЭЦП: придите с удостоверением личности в почтовое отделение. Адрес будет в домене {domain}.',
      '# Почтовая программа',
      'IMAP: {host}, порт 993, SSL/TLS. SMTP: {host}, порт 465, SSL/TLS. Имя пользователя: адрес целиком. Для каждого устройства можно создать отдельный пароль.',
      '# Официальные письма государственных органов',
      'Чтобы получать и отправлять официальные письма, подтвердите данные в личном кабинете с помощью ЭЦП.',
      '# Если пароль забыт',
      'Задайте новый с помощью ЭЦП или в почтовом отделении с удостоверением личности. Мы никогда не спрашиваем пароль и код из SMS.',
      '# Кто меня искал',
      'Какой государственный орган, когда и для чего искал ваш адрес, видно в личном кабинете.',
    ],
  },
  en: {
    title: 'Electronic subscriber mailbox: help',
    paragraphs: [
      '# How to get a mailbox',
      'A mailbox is free of charge. With an EDS: sign in with NCALayer or eGov Mobile, give your telephone number, choose a login, read the agreement and sign the application. The mailbox is there at once; then you choose the password yourself.\nWithout an EDS: come to a post office with your identity document. The address will be in the domain {domain}.',
      '# Mail programs',
      'IMAP: {host}, port 993, SSL/TLS. SMTP: {host}, port 465, SSL/TLS. User name: the whole address. Each device can have a password of its own.',
      '# Official letters of state bodies',
      'To receive and send official letters, confirm your data in the cabinet with your EDS.',
      '# If you forgot the password',
      'Set a new one with your EDS, or at a post office with your identity document. We never ask for a password or a code from an SMS.',
      '# Who looked me up',
      'Which state body looked for your address, when and what for, is shown in the cabinet.',
    ],
  },
};

/** How to get a mailbox and use it. */
export function helpPage(
  language: Language,
  { domain, mailHost }: { readonly domain: string; readonly mailHost: string },
): string {
  const { title, paragraphs } = texts[language];
  return page({
    language,
    path: '/help',
    title,
    paragraphs: paragraphs.map((text) =>
      text.replaceAll('{domain}', domain).replaceAll('{host}', mailHost),
    ),
  });
}
