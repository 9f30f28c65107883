import type { FieldNames } from '../../mail/field-choice.ts';
import type { Rendering } from '../../store/api.ts';
import type { FetchItem, PlainItem, SectionItem } from './items.ts';

/** What answering the items takes. */
export interface FetchPlan {
  readonly items: readonly FetchItem[];
  readonly renderings: readonly Rendering[];
  /** What of the headers the store is asked for, when no item needs more; undefined: whole headers. */
  readonly fields: FieldNames | undefined;
  /** Whether octets beyond the header are needed. */
  readonly bodies: boolean;
  readonly marksSeen: boolean;
  readonly tellsFlags: boolean;
}

const renderingOf: Partial<Record<PlainItem, Rendering>> = {
  THREADID: 'thread',
  ENVELOPE: 'envelope',
  BODY: 'body',
  BODYSTRUCTURE: 'bodyStructure',
};

/** Finds the cheapest way: the session's picture, what was rendered at delivery, the header, or the whole octets. */
export function planFetch(
  asked: readonly FetchItem[],
  options: {
    /** Items that the response has whether asked for or not. */
    readonly uid: boolean;
    readonly modSeq: boolean;
  },
): FetchPlan {
  const items = [...asked];
  const has = (label: PlainItem): boolean => items.some((item) => item.label === label);
  if (options.uid && !has('UID')) items.unshift({ kind: 'plain', label: 'UID' });
  if (options.modSeq && !has('MODSEQ')) items.push({ kind: 'plain', label: 'MODSEQ' });

  const bodies = items.some((item) => item.kind !== 'plain' && !isHeader(item));
  const renderings = new Set<Rendering>();
  for (const item of items) {
    if (item.kind === 'plain') {
      const rendering = renderingOf[item.label];
      if (rendering !== undefined) renderings.add(rendering);
    } else if (!bodies) renderings.add('header');
  }
  return {
    items,
    renderings: [...renderings],
    fields: bodies ? undefined : onlyFields(items),
    bodies,
    marksSeen: items.some((item) => 'marksSeen' in item && item.marksSeen),
    tellsFlags: has('FLAGS'),
  };
}

/** The fields that the only item about headers asks for; most programs read a mailbox with one such item. */
function onlyFields(items: readonly FetchItem[]): FieldNames | undefined {
  const headers = items.filter((item): item is SectionItem => item.kind === 'section');
  return headers.length === 1 ? headers[0]?.section.fields : undefined;
}

/** Whether the item is the message's own header or a piece of it, which is kept apart from the body. */
function isHeader(item: FetchItem): boolean {
  return item.kind === 'section' && item.section.address === 'HEADER';
}
