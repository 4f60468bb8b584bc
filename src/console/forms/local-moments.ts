/** Moments as an input has them: in the browser's time zone, as everywhere in the console. On the wire they are UTC. */

/** `2030-01-31T21:00:00` */
export function localText(utc: string): string {
  const moment = new Date(utc);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** `2030-01-31T12:00:00Z` */
export function readLocal(text: string): string {
  return `${new Date(text).toISOString().slice(0, 19)}Z`;
}
