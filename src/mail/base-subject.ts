import { foldCase } from './fold.ts';

/**
 * The base subject of RFC 5256 §2.1, case-folded: what is left without `Re:`, `Fwd:`, `[list]` and `(fwd)`. The
 * subject is unfolded and decoded.
 */
export function baseSubject(subject: string): string {
  // (1) white space to single spaces
  const text = subject.replace(/\s+/g, ' ');
  let start = 0;
  let end = text.length;
  for (;;) {
    // (2) trailers
    end = withoutTrailers(text, start, end);
    // (3), (4), (5) leaders and blobs
    start = withoutLeaders(text, start, end);
    // (6) a wrapped subject begins again
    if (!isWrapped(text, start, end)) return foldCase(text.slice(start, end));
    start += wrapping.length;
    end--;
  }
}

const trailer = '(fwd)';
const wrapping = '[fwd:';

// subj-trailer = "(fwd)" / WSP
function withoutTrailers(text: string, start: number, end: number): number {
  let at = end;
  for (;;) {
    while (at > start && text.charCodeAt(at - 1) === 0x20) at--;
    const before = at - trailer.length;
    if (before < start || text.slice(before, at).toLowerCase() !== trailer) return at;
    at = before;
  }
}

// subj-fwd = subj-fwd-hdr subject subj-fwd-trl ; "[fwd:" … "]"
function isWrapped(text: string, start: number, end: number): boolean {
  return (
    end - start > wrapping.length &&
    text.charCodeAt(end - 1) === 0x5d &&
    text.slice(start, start + wrapping.length).toLowerCase() === wrapping
  );
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
const refwd = /(?:re|fwd?) ?(?:\[[^[\]]*\] ?)?:/iy;
// subj-blob = "[" *BLOBCHAR "]" *WSP
const blob = /\[[^[\]]*\] ?/y;

// subj-leader = (*subj-blob subj-refwd) / WSP
function withoutLeaders(text: string, start: number, end: number): number {
  let at = start;
  for (;;) {
    while (at < end && text.charCodeAt(at) === 0x20) at++;
    let behindBlobs = at;
    let lastBlob = at;
    while (matches(blob, text, behindBlobs, end)) {
      lastBlob = behindBlobs;
      behindBlobs = blob.lastIndex;
    }
    if (matches(refwd, text, behindBlobs, end)) {
      at = refwd.lastIndex;
      continue;
    }
    // A blob goes when something is left behind it, so the last one of a subject of blobs stays.
    return behindBlobs < end ? behindBlobs : lastBlob;
  }
}

function matches(pattern: RegExp, text: string, at: number, end: number): boolean {
  pattern.lastIndex = at;
  return at < end && pattern.test(text) && pattern.lastIndex <= end;
}
