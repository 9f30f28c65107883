const KiB = 1024;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** What a stranger may ask of the server, and how long things last. Each has a test. */
export const httpLimits = {
  /** Octets of a body, unless the route says otherwise. */
  bodyBytes: 16 * KiB,
  /** The signature of a login as JSON: its base64 may be wrapped and escaped. */
  loginBodyBytes: 96 * KiB,
  /** A signed document: base64 of 1 MiB. */
  documentBodyBytes: 1408 * KiB,
  /** Octets of the headers of a request. */
  headerBytes: 16 * KiB,
  /** From the first octet of a request to the last of its headers, and of its body. */
  headersMs: 10 * second,
  requestMs: 30 * second,
  /** TLS must be there by then. */
  handshakeMs: 10 * second,
  keepAliveMs: 60 * second,
  connections: 10_000,
  /** A session without requests, and one that is used all the time. */
  sessionIdleMs: 20 * minute,
  sessionMs: 12 * hour,
  /** How exactly the last request of a session is remembered. */
  sessionTouchMs: minute,
  /** Records that are looked through in one go. */
  sweptAtOnce: 500,
  /** A phone has so long to sign what a browser shows. */
  mobileMs: 5 * minute,
  /** Wrong values of one request that are told. */
  toldFields: 10,
} as const;

/**
 * What attempts cost, for the throttles of the bus: those of an address, behind which a whole office may be, and of one
 * identity. domain.md 6.11: five resets of a password an hour.
 */
export const throttleRules = {
  address: {
    freeFailures: 60,
    baseDelayMs: second,
    maxDelayMs: 5 * minute,
    forgetAfterMs: 10 * minute,
  },
  subject: { freeFailures: 5, baseDelayMs: minute, maxDelayMs: hour, forgetAfterMs: hour },
} as const;
