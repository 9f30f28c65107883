import type { Texts } from './text.ts';

/** About requests of browsers and programs. */
export const webTexts = {
  SIGN_IN: {
    kk: 'ЭЦҚ арқылы кіріңіз',
    ru: 'Войдите с помощью ЭЦП',
    en: 'Sign in with your EDS',
  },
  NOT_FOR_YOU: {
    kk: 'Бұл әрекет сіз кірген деңгейде қолжетімсіз',
    ru: 'Это действие недоступно с вашим уровнем входа',
    en: 'This is not available to you as you are signed in',
  },
  FOREIGN_PAGE: {
    kk: 'Сұрау басқа беттен келді. Бетті жаңартып, қайталаңыз',
    ru: 'Запрос пришёл с чужой страницы. Обновите страницу и повторите',
    en: 'The request came from another page. Reload the page and try again',
  },
  TOO_MANY: {
    kk: 'Әрекет тым көп. {seconds} секундтан кейін қайталаңыз',
    ru: 'Слишком много попыток. Повторите через {seconds} с',
    en: 'Too many attempts. Try again in {seconds} s',
  },
  NO_SUCH_PAGE: {
    kk: 'Мұндай бет жоқ',
    ru: 'Такой страницы нет',
    en: 'There is no such page',
  },
  REQUEST_WRONG: {
    kk: 'Сұрау қате жазылған: {fields}',
    ru: 'Запрос составлен неверно: {fields}',
    en: 'The request is wrong: {fields}',
  },
  REQUEST_BIG: {
    kk: 'Сұрау тым үлкен, шегі {limit} КБ',
    ru: 'Запрос слишком большой, предел {limit} КБ',
    en: 'The request is too big, limit {limit} KB',
  },
  REQUEST_TYPE: {
    kk: 'Сұраудың пішімі application/json болуы керек',
    ru: 'Запрос должен быть в формате application/json',
    en: 'The request must be application/json',
  },
  UNAVAILABLE: {
    kk: 'Қызмет уақытша қолжетімсіз. Бірнеше минуттан кейін қайталаңыз',
    ru: 'Служба временно недоступна. Повторите через несколько минут',
    en: 'The service is unavailable for now. Try again in a few minutes',
  },
  MOBILE_EXPIRED: {
    kk: 'QR-кодтың мерзімі өтті немесе ол пайдаланылды. Жаңасын алыңыз',
    ru: 'QR-код истёк или уже использован. Получите новый',
    en: 'The QR code has expired or was used. Get a new one',
  },
  MOBILE_REFUSED: {
    kk: 'Қолтаңба қабылданбады. Себебі қол қою басталған бетте көрсетілген',
    ru: 'Подпись не принята. Причина указана на странице, где начато подписание',
    en: 'The signature was not accepted. The page where signing began says why',
  },
} as const satisfies Texts;
