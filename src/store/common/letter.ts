import type { MessageIndex } from '../../mail/api.ts';
import { packParts } from './part-pack.ts';
import type { Letter } from './letter-row.ts';
import { threadRefs } from './thread-refs.ts';

/** A content with its renderings as its row holds them. */
export function letterOf(
  digest: Uint8Array,
  index: MessageIndex,
  octets: Uint8Array | undefined,
  header: Uint8Array | undefined,
): Letter {
  return {
    digest,
    size: index.sizeBytes,
    ...threadRefs(index.threading, Buffer.from(digest).toString('hex')),
    version: index.version,
    sent: index.sentAt ?? null,
    preview: index.preview,
    envelope: index.envelope,
    envelope8: index.envelopeUtf8 ?? null,
    structure: index.bodyStructure,
    structure8: index.bodyStructureUtf8 ?? null,
    body: index.body,
    body8: index.bodyUtf8 ?? null,
    headerBytes: index.headerBytes,
    parts: packParts(index.root),
    threading: JSON.stringify(index.threading),
    octets,
    header,
  };
}
