import type { Part } from '../../mail/api.ts';

/** A part as an array: names of members would be most of what is stored. */
type Packed = [
  section: string,
  headerStart: number,
  bodyStart: number,
  bodyEnd: number,
  lines: number,
  type: string,
  subtype: string,
  encoding: string,
  parameters: Readonly<Record<string, string>> | 0,
  disposition: string | 0,
  filename: string | 0,
  children: Packed[],
];

/** A tree of parts as JSON. */
export function packParts(root: Part): string {
  return JSON.stringify(pack(root));
}

export function unpackParts(json: string): Part {
  return unpack(JSON.parse(json) as Packed);
}

function pack(part: Part): Packed {
  return [
    part.section,
    part.headerStart,
    part.bodyStart,
    part.bodyEnd,
    part.lines,
    part.type,
    part.subtype,
    part.encoding,
    Object.keys(part.parameters).length === 0 ? 0 : part.parameters,
    part.disposition ?? 0,
    part.filename ?? 0,
    part.children.map(pack),
  ];
}

function unpack(packed: Packed): Part {
  const [section, headerStart, bodyStart, bodyEnd, lines, type, subtype, encoding, ...rest] =
    packed;
  const [parameters, disposition, filename, children] = rest;
  return {
    section,
    headerStart,
    bodyStart,
    bodyEnd,
    lines,
    type,
    subtype,
    parameters: parameters === 0 ? {} : parameters,
    encoding,
    disposition: disposition === 0 ? undefined : disposition,
    filename: filename === 0 ? undefined : filename,
    children: children.map(unpack),
  };
}
