import type { EnvelopeFields } from './envelope.ts';
import type { Disposition, Parameter } from './parameters.ts';

/** How the body of a part is made. */
export type PartKind =
  /** text/… : BODYSTRUCTURE gives its lines. */
  | 'text'
  | 'multipart'
  /** message/rfc822 or message/global whose message is described too, as the only child. */
  | 'message'
  /** The same in a transfer encoding that RFC 2046 §5.2.1 forbids or RFC 6532 §3.7 allows: not looked into. */
  | 'opaque-message'
  /** Everything else. */
  | 'other';

/** What is known of one part while the message is read, and what BODYSTRUCTURE is rendered from. */
export interface PartDescription {
  readonly parent: PartDescription | undefined;
  section: string;
  readonly headerStart: number;
  bodyStart: number;
  bodyEnd: number;
  lines: number;
  kind: PartKind;
  /** Type and subtype as sent. */
  type: string;
  subtype: string;
  parameters: readonly Parameter[];
  id: string | undefined;
  description: string | undefined;
  /** Content-Transfer-Encoding as sent. */
  encoding: string | undefined;
  md5: string | undefined;
  disposition: Disposition | undefined;
  languages: readonly string[];
  location: string | undefined;
  /** For a message: the outer one or an enclosed one. */
  envelope: EnvelopeFields | undefined;
  readonly children: PartDescription[];
}
