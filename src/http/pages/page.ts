import type { Language } from '../../gateway/api.ts';

export interface PageContent {
  readonly language: Language;
  /** For the links to the other languages. */
  readonly path: string;
  readonly title: string;
  /** Plain text; a line that begins with # is a heading. */
  readonly paragraphs: readonly string[];
  readonly links?: {
    readonly title: string;
    readonly items: readonly { readonly text: string; readonly path: string }[];
  };
}

const languageNames: Readonly<Record<Language, string>> = {
  kk: 'Қазақша',
  ru: 'Русский',
  en: 'English',
};

const style =
  'body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.5 sans-serif}' +
  'p{white-space:pre-line}nav a{margin-right:1rem}';

/** A page that needs no script: text, the same in the other languages, links. Everything in it is escaped. */
export function page({ language, path, title, paragraphs, links }: PageContent): string {
  const others = (Object.keys(languageNames) as Language[]).filter((one) => one !== language);
  const navigation = others
    .map((one) => `<a href="${escaped(path)}?lang=${one}" lang="${one}">${languageNames[one]}</a>`)
    .join('');
  const list = links?.items.map(
    ({ text, path: to }) => `<li><a href="${escaped(to)}">${escaped(text)}</a></li>`,
  );
  return [
    `<!doctype html>\n<html lang="${language}">`,
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escaped(title)}</title><style>${style}</style></head>`,
    `<body><nav>${navigation}</nav>\n<h1>${escaped(title)}</h1>`,
    ...paragraphs.map(paragraph),
    ...(links === undefined
      ? []
      : [`<h2>${escaped(links.title)}</h2>`, `<ul>${list?.join('') ?? ''}</ul>`]),
    '</body></html>\n',
  ].join('\n');
}

function paragraph(text: string): string {
  const heading = /^#+ (.*)$/.exec(text);
  return heading === null ? `<p>${escaped(text)}</p>` : `<h2>${escaped(heading[1] ?? '')}</h2>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
