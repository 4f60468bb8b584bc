/** The field `Retry-After` (RFC 9110 section 10.2.3). */

/** A week: no authority makes a client wait for longer. */
const LONGEST = 7 * 86_400_000;

/** In milliseconds; null without a field that can be read. */
export function retryAfterIn(headers: Headers, now: number): number | null {
  const value = headers.get("Retry-After")?.trim();
  if (value === undefined) return null;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(milliseconds) ? null : Math.min(Math.max(milliseconds, 0), LONGEST);
}
