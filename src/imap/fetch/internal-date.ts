const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const daySeconds = 86400;

// Neighbours in a mailbox often came on one day.
let lastDay = -1;
let lastDate = '';

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
/** INTERNALDATE with the quotes, in UTC; takes seconds since 1970. */
export function internalDateText(seconds: number): string {
  const day = Math.floor(seconds / daySeconds);
  if (day !== lastDay) {
    const date = new Date(day * daySeconds * 1000);
    const month = months[date.getUTCMonth()] as string;
    const number = String(date.getUTCDate()).padStart(2, ' ');
    lastDate = `${number}-${month}-${String(date.getUTCFullYear()).padStart(4, '0')}`;
    lastDay = day;
  }
  const time = seconds - day * daySeconds;
  const hour = twoDigits(Math.floor(time / 3600));
  const minute = twoDigits(Math.floor(time / 60) % 60);
  return `"${lastDate} ${hour}:${minute}:${twoDigits(time % 60)} +0000"`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
