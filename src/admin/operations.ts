import * as z from 'zod';
import { MailError } from '../core/errors.ts';
import { GatewayError } from '../gateway/gateway-error.ts';
import { VaultError } from '../gateway/vault/vault-error.ts';
import type { AdminContext } from './admin-context.ts';
import {
  addAgency,
  agencyAddInput,
  agencyCertificateInput,
  agencyChangeInput,
  agencyInput,
  agencyOrderInput,
  agencySuspendInput,
  changeAgency,
  changeAgencyCertificate,
  listAgencies,
  newAgencySecret,
  promoteAgency,
  resumeAgency,
  showAgency,
  suspendAgency,
} from './agencies.ts';
import { makeBackup, restoreBackup, undeleteMessages } from './backup.ts';
import { createAccount } from './create-account.ts';
import {
  addEmployee,
  changeEmployee,
  dismissEmployee,
  employeeAddInput,
  employeeChangeInput,
  employeeDismissInput,
  facilityInput,
  listEmployees,
  listFacilities,
  setFacility,
} from './employees.ts';
import { exportLetters } from './export-letters.ts';
import { importAccounts, importRow } from './import-accounts.ts';
import { importLetters } from './import-letters.ts';
import { viewChoices } from '../transfer/imap-source.ts';
import { listAccounts } from './list-accounts.ts';
import { listMailboxes } from './list-mailboxes.ts';
import { getQuota, setQuota } from './quota.ts';
import {
  exportRegistry,
  registryHead,
  registryHistory,
  showRegistry,
  verifyUnifiedBase,
} from './registry.ts';
import {
  listLookUps,
  resolveAddress,
  resolveInput,
  revokeInput,
  revokeTokenAddress,
} from './resolver.ts';
import { setPassword } from './set-password.ts';
import { closeAccount, resumeAccount, suspendAccount } from './set-status.ts';
import { showAccount } from './show-account.ts';
import { subjectInput } from './subject-of.ts';
import { verifyStore } from './verify-store.ts';

/**
 * What an operator can ask for, by name: the same whether a script opened the store itself or speaks to a running
 * server through its control socket. Input is checked by its schema on the side that acts.
 */
export interface Operation<Input, Progress, Result> {
  readonly input: z.ZodType<Input>;
  /** `items` are what the caller sends after the input; few operations read them. */
  run(
    context: AdminContext,
    input: Input,
    items: AsyncIterable<unknown>,
  ): AsyncGenerator<Progress, Result, void>;
}

function single<Input, Result>(
  input: z.ZodType<Input>,
  action: (context: AdminContext, input: Input) => Promise<Result>,
): Operation<Input, never, Result> {
  return {
    input,
    async *run(context, value) {
      return action(context, value);
    },
  };
}

function streaming<Input, Progress, Result>(
  input: z.ZodType<Input>,
  run: Operation<Input, Progress, Result>['run'],
): Operation<Input, Progress, Result> {
  return { input, run };
}

const address = z.string().min(1).max(1000);
const apply = z.boolean();
const folder = z.string().min(1).max(4096);
const password = z.string().max(10_000);
const limit = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const nothing = z.strictObject({});
const statusInput = z.strictObject({ address, apply, reason: z.string().max(500).optional() });

export const operations = {
  'account.create': single(
    z.strictObject({
      address,
      password,
      apply,
      allowReserved: z.boolean(),
      quotaBytes: limit.optional(),
      quotaMessages: limit.optional(),
    }),
    createAccount,
  ),
  'account.import': streaming(
    z.strictObject({ apply, allowReserved: z.boolean() }),
    (context, input, items) => importAccounts(context, input, checkedRows(items)),
  ),
  'account.list': streaming(
    z.strictObject({ status: z.enum(['active', 'suspended', 'closed']).optional() }),
    listAccounts,
  ),
  'account.show': single(z.strictObject({ address }), showAccount),
  'account.passwd': single(z.strictObject({ address, password, apply }), setPassword),
  'account.suspend': single(statusInput, suspendAccount),
  'account.resume': single(statusInput, resumeAccount),
  'account.close': single(statusInput, closeAccount),
  'letters.export': streaming(
    z.strictObject({
      address,
      to: z.string().max(4096),
      mailbox: z.string().min(1).max(1000).optional(),
    }),
    exportLetters,
  ),
  'letters.import': streaming(
    z.strictObject({
      address,
      from: z.string().max(4096),
      mailbox: z.string().min(1).max(1000).optional(),
      user: z.string().max(1000).optional(),
      password: password.optional(),
      tls: z.enum(['verify', 'unverified', 'none']),
      views: z.enum(viewChoices).optional(),
      apply,
    }),
    importLetters,
  ),
  'mailbox.list': single(z.strictObject({ address }), listMailboxes),
  'quota.get': single(z.strictObject({ address }), getQuota),
  'quota.set': single(
    z.strictObject({
      address,
      bytes: limit.nullable().optional(),
      messages: limit.nullable().optional(),
      apply,
    }),
    setQuota,
  ),
  'store.verify': streaming(
    z.strictObject({ address: address.optional(), repair: z.boolean() }),
    verifyStore,
  ),
  'backup.make': streaming(z.strictObject({ folder, address: address.optional() }), makeBackup),
  'backup.restore': streaming(
    z.strictObject({
      folder,
      address: address.optional(),
      into: address.optional(),
      under: z.string().min(1).max(1000).optional(),
      outbox: z.boolean().optional(),
      apply,
    }),
    restoreBackup,
  ),
  'message.undelete': streaming(
    z.strictObject({
      address,
      mailbox: z.string().min(1).max(1000).optional(),
      since: limit.optional(),
      uids: z.array(z.int().min(1).max(0xffff_ffff)).optional(),
      apply,
    }),
    undeleteMessages,
  ),
  'registry.show': single(subjectInput, showRegistry),
  'registry.history': single(subjectInput, registryHistory),
  'registry.verify': streaming(nothing, verifyUnifiedBase),
  'registry.export': streaming(nothing, exportRegistry),
  'registry.head': single(nothing, registryHead),
  'agency.list': streaming(nothing, listAgencies),
  'agency.show': single(agencyInput, showAgency),
  'agency.add': single(agencyAddInput, addAgency),
  'agency.change': single(agencyChangeInput, changeAgency),
  'agency.promote': single(agencyOrderInput, promoteAgency),
  'agency.suspend': single(agencySuspendInput, suspendAgency),
  'agency.resume': single(agencyOrderInput, resumeAgency),
  'agency.certificate': single(agencyCertificateInput, changeAgencyCertificate),
  'agency.secret': single(agencyOrderInput, newAgencySecret),
  'employee.list': streaming(nothing, listEmployees),
  'employee.add': single(employeeAddInput, addEmployee),
  'employee.change': single(employeeChangeInput, changeEmployee),
  'employee.dismiss': single(employeeDismissInput, dismissEmployee),
  'facility.list': streaming(nothing, listFacilities),
  'facility.set': single(facilityInput, setFacility),
  'resolver.resolve': single(resolveInput, resolveAddress),
  'resolver.revoke': single(revokeInput, revokeTokenAddress),
  'resolver.look-ups': streaming(subjectInput, listLookUps),
} as const;

export type OperationName = keyof typeof operations;
type Parts<Name extends OperationName> =
  (typeof operations)[Name] extends Operation<infer Input, infer Progress, infer Result>
    ? { input: Input; progress: Progress; result: Result }
    : never;
export type InputOf<Name extends OperationName> = Parts<Name>['input'];
export type ProgressOf<Name extends OperationName> = Parts<Name>['progress'];
export type ResultOf<Name extends OperationName> = Parts<Name>['result'];

/** Somebody who carries operations out: this process, or a running server. */
export interface AdminPort {
  /** Yields what the operation tells on its way and returns its result. Rejects with `MailError`. */
  call<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
    items?: AsyncIterable<unknown>,
  ): AsyncGenerator<ProgressOf<Name>, ResultOf<Name>, void>;
  close(): Promise<void>;
}

/** Runs an operation by name with input from outside. Rejects with `MailError` `invalid` for input that is not its. */
export async function* runOperation(
  context: AdminContext,
  name: string,
  input: unknown,
  items: AsyncIterable<unknown>,
): AsyncGenerator<unknown, unknown, void> {
  if (!Object.hasOwn(operations, name)) throw new MailError('invalid', 'No such operation');
  const operation = operations[name as OperationName] as Operation<unknown, unknown, unknown>;
  try {
    return yield* operation.run(context, check(operation.input, input), items);
  } catch (error) {
    throw inOperatorsWords(error);
  }
}

/** What a person would be told, and a key file that is not the right one, are told to the operator too. */
function inOperatorsWords(error: unknown): unknown {
  if (error instanceof GatewayError) {
    return new MailError('invalid', `${error.code}: ${error.text('en')}`, { cause: error });
  }
  if (error instanceof VaultError) return new MailError('invalid', error.message, { cause: error });
  return error;
}

async function* checkedRows(
  items: AsyncIterable<unknown>,
): AsyncGenerator<z.infer<typeof importRow>, void, void> {
  for await (const item of items) yield check(importRow, item);
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MailError('invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
