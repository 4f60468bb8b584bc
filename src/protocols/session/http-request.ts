/**
 * The first line of a request of HTTP: method, target and version (RFC 9112 section 3), or a path alone (HTTP/0.9). None of
 * them is a command of a mail protocol, and no command of theirs is one.
 */
const REQUEST_LINE = /^\S+ +(?:\S+ +HTTP\/\d(?:\.\d)?|\/\S*)\s*$/i;
const BEGINNING = /^[A-Z]+ (?:\/|https?:\/\/)/i;

/**
 * A browser that was led to a mail port must not get to speak the port's protocol with its request's body, nor see anything
 * of its request come back. To be asked of lines that are no command.
 */
export function isHttpRequest(line: string): boolean {
  return REQUEST_LINE.test(line);
}

/** What is known of a request whose line is too long to be read. */
export function beginsHttpRequest(line: string): boolean {
  return BEGINNING.test(line);
}
