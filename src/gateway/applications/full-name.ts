import type { PersonName } from '../api.ts';

/** As documents have it: surname, given name, patronymic. Letters are never changed. */
export function fullName({ surname, given, patronymic }: PersonName): string {
  return [surname, given, patronymic].filter((part) => part !== undefined && part !== '').join(' ');
}
