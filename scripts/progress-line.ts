import { bytesForPeople, remark } from './print.ts';

interface Progress {
  readonly messages: number;
  readonly bytes: number;
  readonly messagesExpected?: number;
  readonly remark?: string;
}

/** Between two lines when nobody looks at a terminal. */
const quietMs = 10_000;

/** How far a long operation is, how fast, and when it will end, on standard error. */
export function progressLine(): {
  readonly show: (progress: Progress) => void;
  readonly end: () => void;
} {
  const startedAt = performance.now();
  const terminal = process.stderr.isTTY;
  let shownAt = startedAt;
  return {
    show(progress) {
      if (progress.remark !== undefined) remark(progress.remark);
      const now = performance.now();
      if (now - shownAt < (terminal ? 200 : quietMs)) return;
      shownAt = now;
      const text = progressText(progress, now - startedAt);
      if (terminal) process.stderr.write(`\r${text}\u001b[K`);
      else remark(text);
    },
    end() {
      if (terminal) process.stderr.write('\r\u001b[K');
    },
  };
}

function progressText({ messages, bytes, messagesExpected }: Progress, elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  const rate = `${Math.round(messages / seconds)} messages/s, ${bytesForPeople(Math.round(bytes / seconds))}/s`;
  if (messagesExpected === undefined || messages === 0) return `${messages} messages, ${rate}`;
  const leftMs = (elapsedMs / messages) * Math.max(0, messagesExpected - messages);
  const end = new Date(Date.now() + leftMs).toISOString().slice(0, 19);
  return `${messages} of ${messagesExpected} messages, ${rate}, until ${end}Z`;
}
