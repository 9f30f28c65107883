import { stat } from 'node:fs/promises';
import { MailError } from '../core/errors.ts';
import { EmlSource } from './eml-tree.ts';
import { ImapSource, type ViewChoice } from './imap-source.ts';
import type { LetterSource } from './letter-source.ts';
import { MaildirSource } from './maildir.ts';
import { MboxSource } from './mbox.ts';

export interface SourceChoice {
  /** `maildir:PATH`, `mbox:PATH`, `eml:PATH`, `imap://HOST[:PORT]` or `imaps://HOST[:PORT]`. */
  readonly from: string;
  readonly user: string;
  readonly password: string;
  readonly tls: 'verify' | 'unverified' | 'none';
  readonly views: ViewChoice;
}

/** Opens what `from` names. `invalid`: it names nothing; `no-permission`, `unavailable`. */
export async function openSource(
  choice: SourceChoice,
): Promise<{ readonly kind: string; readonly source: LetterSource }> {
  const { from } = choice;
  const colon = from.indexOf(':');
  const kind = from.slice(0, colon);
  const path = from.slice(colon + 1);
  switch (kind) {
    case 'maildir':
    case 'mbox':
    case 'eml':
      await readable(path);
      if (kind === 'mbox') return { kind, source: new MboxSource(path) };
      return { kind, source: kind === 'eml' ? new EmlSource(path) : new MaildirSource(path) };
    case 'imap':
    case 'imaps':
      return { kind: 'imap', source: await openImap(kind, choice) };
    default:
      throw new MailError('invalid', `${from}: say maildir:, mbox:, eml:, imap:// or imaps://`);
  }
}

async function readable(path: string): Promise<void> {
  if (!path.startsWith('/')) throw new MailError('invalid', `${path}: not an absolute path`);
  try {
    await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') throw new MailError('no-permission', `${path}: may not be read`);
    throw new MailError('invalid', `${path}: no such file or folder`, { cause: error });
  }
}

function openImap(scheme: 'imap' | 'imaps', choice: SourceChoice): Promise<LetterSource> {
  const url = URL.canParse(choice.from) ? new URL(choice.from) : undefined;
  if (url === undefined || url.hostname === '' || url.password !== '') {
    throw new MailError('invalid', `${scheme}://HOST or ${scheme}://HOST:PORT, without a password`);
  }
  const implicit = scheme === 'imaps';
  const place = {
    host: url.hostname,
    port: Number(url.port === '' ? (implicit ? 993 : 143) : url.port),
    tls: implicit ? 'implicit' : choice.tls === 'none' ? 'none' : 'starttls',
    verify: choice.tls === 'verify',
    user: choice.user,
    password: choice.password,
  } as const;
  return ImapSource.open(place, choice.views);
}
