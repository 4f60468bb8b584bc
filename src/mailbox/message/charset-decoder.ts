/** Decodes text that comes in pieces. */
export interface CharsetDecoder {
  write(bytes: Buffer): string;
  end(): string;
}
