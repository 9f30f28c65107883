import type { SessionState } from './session-state.ts';
import type { Encoder } from './wire/encoder.ts';

/** Turns CONDSTORE on by a command that implies it: whoever asks for MODSEQs knows them. RFC 7162 §3.1. */
export function enableCondstore(state: SessionState, out: Encoder): void {
  if (state.selected !== undefined) state.selected.enableCondstore(out);
  else state.enabled.add('CONDSTORE');
}
