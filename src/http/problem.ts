import * as z from 'zod';
import { MailError } from '../core/errors.ts';
import type { Language } from '../gateway/api.ts';
import { GatewayError } from '../gateway/gateway-error.ts';
import { catalogue, type ErrorCode } from '../gateway/texts/catalogue.ts';
import type { Text } from '../gateway/texts/text.ts';

const texts = z.strictObject({ kk: z.string(), ru: z.string(), en: z.string() });

/** An outcome that is no success, RFC 9457. */
export const problemSchema = z.strictObject({
  type: z.string().describe('Where the code is explained.'),
  title: z.string().describe('The kind of outcome, in the language asked for.'),
  status: z.int(),
  detail: z.string().describe('What happened and what to do, in the language asked for.'),
  code: z.string().describe('The same for programs.'),
  texts: texts.describe('The detail in each language.'),
  instance: z.string().optional().describe('What to name when asking the operator about it.'),
});
export type Problem = z.output<typeof problemSchema>;

/** What is not here is 422: the request is understood, and what it asks for cannot be done. RFC 9110 15.5.21 */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  REQUEST_WRONG: 400,
  SIGN_IN: 401,
  NOT_FOR_YOU: 403,
  FOREIGN_PAGE: 403,
  MOBILE_REFUSED: 403,
  NO_SUCH_PAGE: 404,
  NOT_FOUND_OR_NOT_ALLOWED: 404,
  APPLICATION_NOT_FOUND: 404,
  NO_MAILBOX: 404,
  ALREADY_HAS_MAILBOX: 409,
  LOGIN_TAKEN: 409,
  LOGIN_LOOKALIKE: 409,
  APPLICATION_STATE: 409,
  APPLICATION_CHANGED: 409,
  CONFIRMATION_CHANGED: 409,
  CHALLENGE_EXPIRED: 410,
  APPLICATION_EXPIRED: 410,
  MOBILE_EXPIRED: 410,
  EDS_TOO_BIG: 413,
  REQUEST_BIG: 413,
  REQUEST_TYPE: 415,
  TOO_MANY: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  EDS_BUSY: 503,
  EDS_STATUS_UNKNOWN: 503,
  STATE_DB_DOWN: 503,
};

const titles: Readonly<Record<number, Text>> = {
  400: { kk: 'Сұрау қате', ru: 'Неверный запрос', en: 'Wrong request' },
  401: { kk: 'Кіру керек', ru: 'Нужно войти', en: 'Sign-in needed' },
  403: { kk: 'Рұқсат жоқ', ru: 'Нет доступа', en: 'Not allowed' },
  404: { kk: 'Табылмады', ru: 'Не найдено', en: 'Not found' },
  409: { kk: 'Қайшылық бар', ru: 'Есть противоречие', en: 'Conflict' },
  410: { kk: 'Мерзімі өтті', ru: 'Срок истёк', en: 'Expired' },
  413: { kk: 'Тым үлкен', ru: 'Слишком большой', en: 'Too big' },
  415: { kk: 'Пішімі сәйкес емес', ru: 'Не тот формат', en: 'Wrong format' },
  422: { kk: 'Орындалмады', ru: 'Не выполнено', en: 'Not done' },
  429: { kk: 'Тым жиі', ru: 'Слишком часто', en: 'Too often' },
  500: { kk: 'Қызмет қатесі', ru: 'Ошибка службы', en: 'Service error' },
  503: { kk: 'Уақытша қолжетімсіз', ru: 'Временно недоступно', en: 'Unavailable for now' },
};

/** Where a code is explained. */
export function problemType(code: ErrorCode): string {
  return `/v1/problems/${code}`;
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(catalogue, text);
}

/** What a person is told of an error; undefined: it is none that a person can do something about. */
export function tellable(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error;
  const isTemporary =
    error instanceof MailError &&
    (error.failure === 'unavailable' || error.failure === 'disk-full');
  return isTemporary ? new GatewayError('UNAVAILABLE') : undefined;
}

/** The answer to an error that can be told. */
export function problemOf(error: GatewayError, language: Language, instance?: string): Problem {
  const status = statuses[error.code] ?? 422;
  return {
    type: problemType(error.code),
    title: titles[status]?.[language] ?? '',
    status,
    detail: error.text(language),
    code: error.code,
    texts: { kk: error.text('kk'), ru: error.text('ru'), en: error.text('en') },
    ...(instance !== undefined && { instance }),
  };
}

/** Seconds after which it is worth trying again, RFC 9110 10.2.3; undefined: the answer will stay the same. */
export function retryAfterSeconds(error: GatewayError): number | undefined {
  const status = statuses[error.code];
  if (status === 429) return Number(error.params['seconds'] ?? 60);
  return status === 503 ? 60 : undefined;
}
