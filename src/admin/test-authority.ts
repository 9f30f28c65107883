import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyFamily } from '../eds/algorithms/signature-algorithms.ts';
import { type IssueRequest, type Member, TestAuthority } from '../eds/authority/test-authority.ts';
import { oids } from '../eds/oids.ts';
import type { RevocationReason } from '../eds/revocation/status-source.ts';
import { roleOid } from '../eds/x509/roles.ts';

export interface TestAuthorityInput {
  readonly folder: string;
  readonly family: KeyFamily;
  readonly now: number;
  readonly apply: boolean;
}

export interface MadeTestAuthority {
  readonly applied: boolean;
  /** Names within the folder. */
  readonly files: readonly string[];
}

interface Person {
  readonly name: string;
  readonly request: IssueRequest;
  readonly revoked?: RevocationReason;
}

const day = 86_400_000;
/** Numbers with right check digits that belong to nobody. */
const company = { organization: 'ЖШС «ҮЛГІ»', bin: '050140990113' };
const operator = { organization: 'АҚ «ҮЛГІ ПОШТА»', bin: '200240990109' };
const aigerim = { commonName: 'ҮЛГІ АЙГЕРІМ', surname: 'ҮЛГІ', iin: '850101399113' };
const daulet = { commonName: 'ҮЛГІ ДӘУЛЕТ', surname: 'ҮЛГІ', iin: '991231499118' };
const neighbour = { commonName: 'ҮЛГІ САУЛЕ', surname: 'ҮЛГІ', iin: '040115699117' };

function people(now: number): readonly Person[] {
  return [
    { name: 'person', request: { subject: aigerim } },
    { name: 'neighbour', request: { subject: neighbour } },
    { name: 'person-revoked', request: { subject: aigerim }, revoked: 'keyCompromise' },
    { name: 'person-on-hold', request: { subject: daulet }, revoked: 'certificateHold' },
    {
      name: 'person-ended',
      request: { subject: daulet, notBefore: now - 9 * day, notAfter: now - day },
    },
    {
      name: 'head',
      request: { subject: { ...aigerim, ...company }, roles: ['LEGAL_ENTITY', 'CEO'] },
    },
    {
      name: 'may-sign',
      request: { subject: { ...daulet, ...company }, roles: ['LEGAL_ENTITY', 'CAN_SIGN'] },
    },
    {
      name: 'employee',
      request: { subject: { ...daulet, ...company }, roles: ['LEGAL_ENTITY', 'EMPLOYEE'] },
    },
    {
      name: 'operator',
      request: {
        subject: { commonName: 'АЖ «ЕС ЭАПЯ»', ...operator },
        roles: ['LEGAL_ENTITY', 'INFOSYSTEM'],
      },
    },
    {
      name: 'information-system',
      request: {
        subject: { commonName: 'АЖ «ҮЛГІ»', ...company },
        extendedKeyUsage: [oids.clientAuth, roleOid('LEGAL_ENTITY'), roleOid('INFOSYSTEM')],
      },
    },
  ];
}

/**
 * Makes an authority for development in a folder: certificates, keys without passwords, a list of who is revoked, and
 * the CRL. Its root is in no trust store of production and cannot be pinned there by mistake.
 */
export async function makeTestAuthority(input: TestAuthorityInput): Promise<MadeTestAuthority> {
  const { family, now } = input;
  const authority = await TestAuthority.create({ family, now, randomBytes });
  const files = new Map<string, Uint8Array>();
  const add = (name: string, member: Member): void => {
    files.set(`${name}.cer`, member.certificate.der);
    files.set(`${name}.key.pem`, pem('PRIVATE KEY', member.privateKeyInfo));
  };
  add('ca/root', authority.root);
  add('ca/issuing', authority.issuing);
  add('ca/ocsp', authority.responder);
  add('ca/tsa', authority.timestamps);
  for (const { name, request, revoked } of people(now)) {
    const member = await authority.issue(request);
    if (revoked !== undefined) authority.revoke(member.certificate, now - 60_000, revoked);
    add(`users/${name}`, member);
  }
  files.set('ca/issuing.crl', await authority.crl(now));
  if (input.apply) await writeAll(input.folder, files);
  return { applied: input.apply, files: [...files.keys()] };
}

async function writeAll(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const part of ['ca', 'users']) await mkdir(join(folder, part), { recursive: true });
  // Never over one that is there: its root may be trusted already.
  for (const [name, bytes] of files) {
    await writeFile(join(folder, name), bytes, { flag: 'wx', mode: 0o600 });
  }
}

function pem(label: string, bytes: Uint8Array): Buffer {
  const lines = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return Buffer.from(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
}
