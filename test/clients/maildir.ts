import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A letter of a Maildir: where it is, its flags in order, what is in it. */
export interface MaildirLetter {
  readonly file: string;
  readonly flags: string;
  readonly text: string;
}

/** A Maildir on disk, as the program under test sees it. */
export class Maildir {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  make(): this {
    for (const name of ['cur', 'new', 'tmp'])
      mkdirSync(join(this.folder, name), { recursive: true });
    return this;
  }

  /** By subject. */
  letters(): Map<string, MaildirLetter> {
    const found = new Map<string, MaildirLetter>();
    for (const name of ['cur', 'new']) {
      for (const file of readdirSync(join(this.folder, name))) {
        const path = join(this.folder, name, file);
        const text = readFileSync(path, 'latin1');
        const subject = /^Subject: (.*?)\r?$/m.exec(text)?.[1] ?? '';
        if (found.has(subject)) throw new Error(`${subject} is there twice`);
        const flags = Array.from(/:2,([A-Za-z]*)$/.exec(file)?.[1] ?? '')
          .sort()
          .join('');
        found.set(subject, { file: path, flags, text });
      }
    }
    return found;
  }

  /** Subjects with their flags, in order of subjects. */
  summary(): string[] {
    return [...this.letters()].map(([subject, { flags }]) => `${subject} ${flags}`.trim()).sort();
  }

  add(name: string, text: string, flags: string): void {
    writeFileSync(join(this.folder, 'cur', `1700000000.${name}.test:2,${flags}`), text);
  }

  setFlags(subject: string, flags: string): void {
    const { file } = this.#the(subject);
    const base = file.replace(/:2,[A-Za-z]*$/, '').replace('/new/', '/cur/');
    renameSync(file, `${base}:2,${flags}`);
  }

  remove(subject: string): void {
    rmSync(this.#the(subject).file);
  }

  /** Puts a letter into another Maildir as a new file, as a reader does that moves it. */
  moveTo(other: Maildir, subject: string): void {
    const { text, flags } = this.#the(subject);
    other.add(`moved-${subject}`, text, flags);
    this.remove(subject);
  }

  #the(subject: string): MaildirLetter {
    const letter = this.letters().get(subject);
    if (letter === undefined) throw new Error(`no ${subject} in ${this.folder}`);
    return letter;
  }
}
