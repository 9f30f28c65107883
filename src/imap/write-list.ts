import { hierarchyDelimiter } from '../core/values.ts';
import type { Listed } from './mailbox-listing.ts';
import type { Encoder } from './wire/encoder.ts';

/** `* LIST (attributes) "/" name`, RFC 9051 §7.3.1. */
export function writeList(
  out: Encoder,
  listed: Listed,
  options: { readonly subscribed?: boolean; readonly oldName?: string } = {},
): void {
  out.text(`* LIST (${attributes(listed, options.subscribed ?? false)}) "${hierarchyDelimiter}" `);
  out.mailbox(listed.name);
  if (listed.childInfo !== undefined) {
    out.text(` ("CHILDINFO" (${listed.childInfo.map((it) => `"${it}"`).join(' ')}))`);
  }
  if (options.oldName !== undefined) out.text(' ("OLDNAME" (').mailbox(options.oldName).text('))');
  out.endLine();
}

function attributes({ mailbox, subscribed, hasChildren }: Listed, tellSubscribed: boolean): string {
  const names: string[] = [];
  // \NonExistent implies \Noselect, but old clients know only the latter.
  if (mailbox === undefined) names.push('\\NonExistent');
  if (mailbox?.selectable !== true) names.push('\\Noselect');
  names.push(hasChildren ? '\\HasChildren' : '\\HasNoChildren');
  if (tellSubscribed && subscribed) names.push('\\Subscribed');
  // Asked for or not: phones look for them in the plain LIST. RFC 6154 §2 allows it.
  if (mailbox?.specialUse !== undefined) names.push(mailbox.specialUse);
  return names.join(' ');
}
