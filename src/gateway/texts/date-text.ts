import type { Language } from '../api.ts';

const months: Readonly<Record<Language, readonly string[]>> = {
  kk: [
    ...['қаңтар', 'ақпан', 'наурыз', 'сәуір', 'мамыр', 'маусым'],
    ...['шілде', 'тамыз', 'қыркүйек', 'қазан', 'қараша', 'желтоқсан'],
  ],
  ru: [
    ...['января', 'февраля', 'марта', 'апреля', 'мая', 'июня'],
    ...['июля', 'августа', 'сентября', 'октября', 'ноября', 'декабря'],
  ],
  en: [
    ...['January', 'February', 'March', 'April', 'May', 'June'],
    ...['July', 'August', 'September', 'October', 'November', 'December'],
  ],
};

/** Astana time, the one of the whole country since 2024. */
const offsetMs = 5 * 60 * 60 * 1000;

/** The day of a moment (milliseconds since 1970 UTC) in Astana, as documents write it: `2026 ж. 1 шілде`. */
export function dateText(at: number, language: Language): string {
  const local = new Date(at + offsetMs);
  const day = local.getUTCDate();
  const year = local.getUTCFullYear();
  const month = months[language][local.getUTCMonth()] ?? '';
  if (language === 'kk') return `${year} ж. ${day} ${month}`;
  return language === 'ru' ? `${day} ${month} ${year} г.` : `${day} ${month} ${year}`;
}
