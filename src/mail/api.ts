/**
 * What the indexer learns from a message in one pass over its bytes. All of it is immutable and derived: it is
 * stored beside the content and can be made again from it.
 */
export interface MessageIndex {
  /** Version of the renderings; a higher one makes stored renderings stale. */
  readonly version: number;
  /** Octets up to and with the empty line that ends the header, or the whole size when there is none. */
  readonly headerBytes: number;
  readonly sizeBytes: number;
  /** ENVELOPE as IMAP writes it, RFC 9051 §7.5.2, with the parentheses. 7-bit: header text stays encoded as RFC 2047. */
  readonly envelope: string;
  /** ENVELOPE for a session that enabled UTF-8 (RFC 9755); undefined where it equals `envelope`. */
  readonly envelopeUtf8: string | undefined;
  /** BODYSTRUCTURE with extension data, RFC 9051 §7.5.2, with the parentheses. 7-bit. */
  readonly bodyStructure: string;
  /** BODY, the same without extension data. */
  readonly body: string;
  readonly bodyStructureUtf8: string | undefined;
  readonly bodyUtf8: string | undefined;
  /** The tree of parts with offsets. */
  readonly root: Part;
  /** At most 256 characters of plain text for a message list, RFC 8970; '' when there is none. */
  readonly preview: string;
  /** The moment that Date names, in milliseconds; undefined when it is missing or unreadable. */
  readonly sentAt: number | undefined;
  readonly threading: Threading;
}

/** What joins messages into a conversation. RFC 5256 §2.1 and §3, RFC 8474 §5.2. */
export interface Threading {
  /** Without angle brackets; undefined when there is none. */
  readonly messageId: string | undefined;
  /** References, then In-Reply-To, each once, at most 50, the newest kept. */
  readonly references: readonly string[];
  /** RFC 5256 §2.1, case-folded. */
  readonly baseSubject: string;
}

/**
 * One MIME part. Offsets count octets from the start of the whole message; `header` is the part's own MIME header
 * with its closing empty line, `body` what follows, without the line break that belongs to the next boundary.
 */
export interface Part {
  /**
   * '' for the message itself, then '1', '1.2' … as RFC 9051 §6.4.5.1 numbers them. An enclosed message without a
   * multipart is part 1 of the part that encloses it; one with a multipart has no number, and is '3.TEXT'.
   */
  readonly section: string;
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Line breaks in the body. */
  readonly lines: number;
  /** Lower case, such as 'text'. */
  readonly type: string;
  readonly subtype: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Content-Transfer-Encoding in lower case; '7bit' when there is none. */
  readonly encoding: string;
  /** Content-Disposition in lower case, without parameters. */
  readonly disposition: string | undefined;
  readonly filename: string | undefined;
  /** Parts of a multipart; for message/rfc822 and message/global one part: the enclosed message. */
  readonly children: readonly Part[];
}
