/** What the National CA says of the owner of a key, by extended key usage. */
const roleOids = {
  INDIVIDUAL: '1.2.398.3.3.4.1.1',
  INDIVIDUAL_SYSTEM: '1.2.398.3.3.4.1.1.1',
  LEGAL_ENTITY: '1.2.398.3.3.4.1.2',
  CEO: '1.2.398.3.3.4.1.2.1',
  CAN_SIGN: '1.2.398.3.3.4.1.2.2',
  CAN_SIGN_FINANCIAL: '1.2.398.3.3.4.1.2.3',
  HR: '1.2.398.3.3.4.1.2.4',
  EMPLOYEE: '1.2.398.3.3.4.1.2.5',
  INFOSYSTEM: '1.2.398.3.3.4.1.2.6',
  TREASURY_CLIENT: '1.2.398.5.19.1.2.2.1',
} as const;

export type Role = keyof typeof roleOids;

export function roleOid(role: Role): string {
  return roleOids[role];
}

/** The roles among extended key usages, in the order of the certificate. */
export function rolesOf(extendedKeyUsage: readonly string[]): readonly Role[] {
  return extendedKeyUsage.flatMap((oid) =>
    (Object.keys(roleOids) as Role[]).filter(
      // Kinds of information systems have numbers of their own below the common one.
      (role) =>
        oid === roleOids[role] || (role === 'INFOSYSTEM' && oid.startsWith(`${roleOids[role]}.`)),
    ),
  );
}

export function isRole(text: string): text is Role {
  return text in roleOids;
}
