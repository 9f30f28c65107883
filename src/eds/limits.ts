const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;

/** What a stranger's file may ask of us. Each has a test. */
export const limits = {
  /** Elements within elements; a CMS with a timestamp and its certificates needs some 20. */
  asn1Depth: 48,
  /** Elements of one file. A CMS with 16 signers and long-term values needs some 20,000. */
  asn1Elements: 100_000,
  /** Octets of one object identifier. */
  oidBytes: 64,
  /** A CMS with its content, before base64 is removed. */
  cmsBytes: 64 * MiB,
  /** A CMS that logs somebody in. */
  loginCmsBytes: 64 * KiB,
  certificateBytes: 64 * KiB,
  ocspBytes: 64 * KiB,
  timestampBytes: 64 * KiB,
  crlBytes: 256 * MiB,
  crlEntries: 5_000_000,
  /** One entry of a CRL with its extensions. */
  crlEntryBytes: 4 * KiB,
  /** What stands before and after the entries of a CRL. */
  crlFrameBytes: 64 * KiB,
  /** Signers of one CMS. */
  signers: 64,
  /** Certificates in one CMS. */
  certificates: 256,
  /** Certificates from a signer to a root, both included. */
  chainLength: 8,
  /** Signatures that the search for one chain may check; more ways than that are a trap. */
  chainSignatures: 32,
  /** Timestamps of one signature. */
  timestamps: 8,
  /** OCSP answers and CRLs within one CMS, of all its signers. */
  embeddedStatuses: 64,
  /** Certificates that a signer has beside those of the CMS. */
  certificateValues: 32,
  /** Signatures that are checked for one CMS: some 5 a signer with a timestamp are needed. */
  signatureChecks: 400,
  /** A key file of PKCS #12, and the rounds that its password may cost. */
  pkcs12Bytes: 256 * KiB,
  pkcs12Iterations: 1_000_000,
  /** Bits of an RSA modulus, the least and the most. */
  rsaBitsLeast: 2048,
  rsaBitsMost: 8192,
  /** RFC 5280 4.1.2.2. */
  serialBytes: 20,
  /** How far clocks may differ. */
  clockSkewMs: 5 * minute,
  /** How old an OCSP answer without a nonce and without nextUpdate may be. */
  ocspFreshMs: 5 * minute,
} as const;
