import type { ApplicationFields, ProfileChange } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';

/** Of a line of text in a form, characters. */
const longestLine = 300;

/** E.164 */
const phone = /^\+[1-9]\d{7,14}$/;

/** As people write them: spaces, hyphens and brackets do not count, 8 is how +7 is dialled. `PHONE_WRONG` */
export function parsePhone(written: string): string {
  const bare = written.replaceAll(/[\s()‐‑-]/gu, '').replace(/^8(?=\d{10}$)/, '+7');
  if (!phone.test(bare)) throw new GatewayError('PHONE_WRONG');
  return bare;
}

/** The fields in the form they are kept and signed in. `PHONE_WRONG`, `FIELD_WRONG` */
export function checkFields(fields: ApplicationFields): ApplicationFields {
  const { login, language, agreement, phoneHome } = fields;
  const checked = {
    login: line('login', login),
    phoneMobile: parsePhone(fields.phoneMobile),
    phoneHome: isEmpty(phoneHome) ? undefined : parsePhone(phoneHome),
    residenceAddress: optionalLine('residenceAddress', fields.residenceAddress),
    actualAddress: optionalLine('actualAddress', fields.actualAddress),
    language,
    agreement: line('agreement', agreement),
  };
  return Object.fromEntries(
    Object.entries(checked).filter(([, value]) => value !== undefined),
  ) as unknown as ApplicationFields;
}

/** The same for what a profile is changed to; members that are not there stay as they are. */
export function checkProfileChange(change: ProfileChange): ProfileChange {
  const { phoneMobile, phoneHome, language } = change;
  const checked = {
    phoneMobile: phoneMobile === undefined ? undefined : parsePhone(phoneMobile),
    phoneHome: isEmpty(phoneHome) ? undefined : parsePhone(phoneHome),
    residenceAddress: optionalLine('residenceAddress', change.residenceAddress),
    actualAddress: optionalLine('actualAddress', change.actualAddress),
    language,
  };
  return Object.fromEntries(Object.entries(checked).filter(([, value]) => value !== undefined));
}

function isEmpty(written: string | undefined): written is undefined | '' {
  return written === undefined || written.trim() === '';
}

function optionalLine(field: string, written: string | undefined): string | undefined {
  return isEmpty(written) ? undefined : line(field, written);
}

/** Letters as they were written, in NFC: control characters and half of a pair of surrogates are refused. */
function line(field: string, written: string): string {
  const text = written.trim().normalize('NFC');
  if (text === '' || text.length > longestLine || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new GatewayError('FIELD_WRONG', { field });
  }
  return text;
}
