import type { Language } from '../gateway/api.ts';

const languages: readonly Language[] = ['kk', 'ru', 'en'];

export function isLanguage(text: string | undefined): text is Language {
  return languages.some((one) => one === text);
}

/**
 * The language that somebody asks for: the one chosen on the site (cookie `lang`), else the first of `Accept-Language`
 * (RFC 9110 12.5.4) that there is, else the state language. Never throws.
 */
export function askedLanguage(accepted: string | undefined, chosen: string | undefined): Language {
  if (isLanguage(chosen)) return chosen;
  const ranges = (accepted ?? '')
    .slice(0, 256)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
      const weight = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find(Boolean);
      return { tag: tag.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  return ranges.map(({ tag }) => tag).find(isLanguage) ?? 'kk';
}
