/** Charsets as the web knows them; one that is unknown is read as Latin 1, so that its ASCII is right. */
export function textDecoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder("latin1");
  }
}
