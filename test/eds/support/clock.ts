/** The moment of the tests: everything is made for it, and nothing asks the machine's clock. */
export const now = Date.parse('2026-11-22T08:00:00Z');
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
export const year = 365 * day;
