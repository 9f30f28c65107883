/** What one block of the page does, and what it prints. */
export interface Step {
  /** Of the section that it is in: `2. Sign in`. */
  readonly section: string;
  readonly script: string;
  /** `...` stands for any text within a line and, alone, for any lines. Undefined: the page does not show it. */
  readonly shown: string | undefined;
}

/** The `sh` blocks of a page in Markdown in their order, each with the `text` block that follows it. */
export function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = [];
  const parts = page.matchAll(/^## (.+)$|^```(sh|text)\n([^]*?)^```$/gm);
  let section = '';
  for (const [, heading, kind, content = ''] of parts) {
    const last = steps.at(-1);
    if (heading !== undefined) section = heading;
    else if (kind === 'sh') steps.push({ section, script: content, shown: undefined });
    else if (last !== undefined) steps[steps.length - 1] = { ...last, shown: content };
  }
  return steps;
}

/** Whether the text is what a page shows. */
export function isAsShown(printed: string, shown: string): boolean {
  const lines = shown.trimEnd().split('\n');
  const pattern = lines.map((line) =>
    line === '...' ? '(?:.*\n)*?' : `${line.split('...').map(literally).join('.*')}\n`,
  );
  return new RegExp(`^${pattern.join('')}$`).test(`${printed.trimEnd()}\n`);
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
