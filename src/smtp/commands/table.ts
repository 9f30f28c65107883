import type { SmtpCommand } from '../command.ts';
import type { SmtpProfile } from '../options.ts';
import { auth } from './auth.ts';
import { bdat } from './bdat.ts';
import { data } from './data.ts';
import { ehlo, helo, lhlo } from './ehlo.ts';
import { help } from './help.ts';
import { mail } from './mail.ts';
import { noop } from './noop.ts';
import { quit } from './quit.ts';
import { rcpt } from './rcpt.ts';
import { rset } from './rset.ts';
import { starttls } from './starttls.ts';
import { vrfy } from './vrfy.ts';
import { xclient } from './xclient.ts';

const commands: readonly SmtpCommand[] = [
  auth,
  bdat,
  data,
  ehlo,
  helo,
  help,
  lhlo,
  mail,
  noop,
  quit,
  rcpt,
  rset,
  starttls,
  vrfy,
  xclient,
];

function tableFor(profile: SmtpProfile): ReadonlyMap<string, SmtpCommand> {
  const there = commands.filter((command) => command.profiles?.includes(profile) ?? true);
  return new Map(there.map((command) => [command.name, command]));
}

const tables: Readonly<Record<SmtpProfile, ReadonlyMap<string, SmtpCommand>>> = {
  mx: tableFor('mx'),
  submission: tableFor('submission'),
  lmtp: tableFor('lmtp'),
};

/** The command behind a verb in capitals, or undefined when the profile has none. */
export function findCommand(profile: SmtpProfile, verb: string): SmtpCommand | undefined {
  return tables[profile].get(verb);
}
