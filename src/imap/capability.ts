import { type Enableable, enableable } from './session-state.ts';

/** What decides which capabilities are true at a moment. */
export interface CapabilityState {
  readonly loggedIn: boolean;
  /** STARTTLS would work now. */
  readonly canStartTls: boolean;
  /** A password may be sent now. */
  readonly mayLogIn: boolean;
  /** Of the authenticator, strongest first. */
  readonly mechanisms: readonly string[];
  readonly appendBytes: number;
  readonly disabled: readonly string[];
}

/** What CAPABILITY says: only what works in the session as it is. RFC 9051 §6.1.1. */
export function capabilities(state: CapabilityState): string {
  const all = state.loggedIn ? afterLogin(state) : beforeLogin(state);
  const disabled = new Set(state.disabled.map((name) => name.toUpperCase()));
  return all.filter((name) => !disabled.has(name.toUpperCase())).join(' ');
}

/** Whether ENABLE may turn it on here. */
export function isOffered(capability: Enableable, disabled: readonly string[]): boolean {
  return (
    enableable.includes(capability) &&
    !disabled.some((name) => name.toUpperCase() === capability.toUpperCase())
  );
}

function beforeLogin(state: CapabilityState): string[] {
  const names = ['IMAP4rev2', 'IMAP4rev1', 'SASL-IR', 'LITERAL-', 'ENABLE', 'ID'];
  if (state.canStartTls) names.push('STARTTLS');
  if (!state.mayLogIn) return [...names, 'LOGINDISABLED'];
  // LOGIN as a mechanism is for clients that ask for it by themselves: it is obsolete, and not shown.
  const shown = state.mechanisms.filter((name) => name !== 'LOGIN');
  return [...names, ...shown.map((name) => `AUTH=${name}`)];
}

function afterLogin(state: CapabilityState): string[] {
  return [
    ...['IMAP4rev2', 'IMAP4rev1', 'LITERAL+', 'ENABLE', 'ID', 'IDLE', 'NAMESPACE', 'CHILDREN'],
    ...['UNSELECT', 'UIDPLUS', 'MOVE', 'UTF8=ACCEPT', 'SASL-IR', 'LIST-EXTENDED', 'LIST-STATUS'],
    ...['SPECIAL-USE', 'CREATE-SPECIAL-USE', 'ESEARCH', 'SEARCHRES', 'CONDSTORE', 'QRESYNC'],
    ...['OBJECTID', 'STATUS=SIZE', `APPENDLIMIT=${state.appendBytes}`, 'BINARY'],
    ...['QUOTA', 'QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE'],
  ];
}
