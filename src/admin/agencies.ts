import * as z from 'zod';
import { type Agency, agencyChangeSchema, newAgencySchema } from '../gateway/agencies/agency.ts';
import { parseBin } from '../gateway/identifiers/parse-bin.ts';
import type { AdminContext } from './admin-context.ts';

const apply = z.boolean();
const text = z.string().max(1000);

export const agencyInput = z.strictObject({ id: text });
export const agencyAddInput = z.strictObject({
  agency: newAgencySchema.extend({ bin: text }),
  apply,
});
export const agencyChangeInput = z.strictObject({ id: text, change: agencyChangeSchema, apply });
export const agencyOrderInput = z.strictObject({ id: text, apply });
export const agencySuspendInput = z.strictObject({ id: text, reason: text, apply });
export const agencyCertificateInput = z.strictObject({
  id: text,
  sha256: text,
  remove: z.boolean(),
  apply,
});

/** A state body, as an operator sees it: without its sealed persons, and of its secret only that there is one. */
export interface AgencySummary extends Omit<Agency, 'responsible' | 'secret' | 'subject'> {
  readonly secret: boolean;
}
export interface AgencyChanged {
  readonly applied: boolean;
  readonly agency: AgencySummary;
}

/** All of them, one by one, in order of their ids. */
export async function* listAgencies(
  context: AdminContext,
): AsyncGenerator<AgencySummary, { readonly count: number }, void> {
  let count = 0;
  for await (const agency of (await context.unifiedBase()).agencies.all()) {
    yield summary(agency);
    count += 1;
  }
  return { count };
}

/** `not-found` */
export async function showAgency(
  context: AdminContext,
  { id }: z.output<typeof agencyInput>,
): Promise<AgencySummary & { readonly responsible: readonly string[] }> {
  const { agencies } = await context.unifiedBase();
  const agency = await agencies.get(id);
  return { ...summary(agency), responsible: agencies.responsible(agency) };
}

/** `invalid`, `already-exists`, `BIN_CHECK` */
export async function addAgency(
  context: AdminContext,
  { agency, apply: applied }: z.output<typeof agencyAddInput>,
): Promise<AgencyChanged> {
  const { agencies, testIdentifiers } = await context.unifiedBase();
  const bin = parseBin(agency.bin, testIdentifiers);
  return change(applied, await agencies.add(order(context, applied), { ...agency, bin }));
}

/** See `Agencies.change`. */
export async function changeAgency(
  context: AdminContext,
  { id, change: said, apply: applied }: z.output<typeof agencyChangeInput>,
): Promise<AgencyChanged> {
  const { agencies } = await context.unifiedBase();
  return change(applied, await agencies.change(order(context, applied), id, said));
}

/** See `Agencies.promote`. */
export async function promoteAgency(
  context: AdminContext,
  { id, apply: applied }: z.output<typeof agencyOrderInput>,
): Promise<AgencyChanged> {
  const { agencies } = await context.unifiedBase();
  return change(applied, await agencies.promote(order(context, applied), id));
}

/** See `Agencies.suspend`. */
export async function suspendAgency(
  context: AdminContext,
  { id, reason, apply: applied }: z.output<typeof agencySuspendInput>,
): Promise<AgencyChanged> {
  const { agencies } = await context.unifiedBase();
  return change(applied, await agencies.suspend(order(context, applied), id, reason));
}

/** See `Agencies.resume`. */
export async function resumeAgency(
  context: AdminContext,
  { id, apply: applied }: z.output<typeof agencyOrderInput>,
): Promise<AgencyChanged> {
  const { agencies } = await context.unifiedBase();
  return change(applied, await agencies.resume(order(context, applied), id));
}

/** See `Agencies.addCertificate` and `removeCertificate`. */
export async function changeAgencyCertificate(
  context: AdminContext,
  { id, sha256, remove, apply: applied }: z.output<typeof agencyCertificateInput>,
): Promise<AgencyChanged> {
  const { agencies } = await context.unifiedBase();
  const by = order(context, applied);
  const agency = remove
    ? await agencies.removeCertificate(by, id, sha256)
    : await agencies.addCertificate(by, id, sha256);
  return change(applied, agency);
}

/** The secret is told once, here; not in a dry run. See `Agencies.newSecret`. */
export async function newAgencySecret(
  context: AdminContext,
  { id, apply: applied }: z.output<typeof agencyOrderInput>,
): Promise<{ readonly applied: boolean; readonly secret: string | null }> {
  const { agencies } = await context.unifiedBase();
  const { secret } = await agencies.newSecret(order(context, applied), id);
  return { applied, secret: applied ? secret : null };
}

function order({ actor }: AdminContext, applied: boolean): { actor: string; apply: boolean } {
  return { actor, apply: applied };
}

function change(applied: boolean, agency: Agency): AgencyChanged {
  return { applied, agency: summary(agency) };
}

function summary(agency: Agency): AgencySummary {
  const { id, bin, names, agreement, domains, networks, purposes, profiles, fallback } = agency;
  const { lookupsPerMinute, certificates, state, proposal, createdAt, changedAt } = agency;
  return {
    ...{ id, bin, names, agreement, domains, networks, purposes, profiles, fallback },
    ...{ lookupsPerMinute, certificates, state, proposal, createdAt, changedAt },
    secret: agency.secret !== null,
  };
}
