import type { ReasonCode } from '../reasons.ts';
import { en } from './en.ts';
import { kk } from './kk.ts';
import { ru } from './ru.ts';

/** The languages that people are answered in. */
export const languages = ['kk', 'ru', 'en'] as const;
export type Language = (typeof languages)[number];

const catalogue: Readonly<Record<Language, Readonly<Record<ReasonCode, string>>>> = { kk, ru, en };

/** A reason in words. */
export function reasonText(code: ReasonCode, language: Language): string {
  return catalogue[language][code];
}
