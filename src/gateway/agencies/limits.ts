/** What the record of a state body holds. Each has a test. */
export const limits = {
  nameCharacters: 300,
  agreementCharacters: 100,
  domains: 20,
  networks: 50,
  certificates: 20,
  responsible: 10,
  responsibleCharacters: 300,
  profiles: 20,
  /** Look-ups that it may ask for in a minute, at most; and unless it says otherwise. */
  mostLookupsPerMinute: 6000,
  lookupsPerMinute: 60,
  /** How long the second person has for the switch to production. */
  proposalMs: 7 * 24 * 3600 * 1000,
  reasonCharacters: 500,
  /** Of its secret. */
  secretBytes: 32,
} as const;
