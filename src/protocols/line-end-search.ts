/** Finds carriage returns and line feeds in text: of the octets in between it looks at four at a time. */
const CR = 0x0d;
const LF = 0x0a;

/** Octets from which on a view in words pays for itself. */
const worthWords = 256;
const noWords = new Int32Array(0);

/** The chunk in words of four octets; none for a chunk that is short, or does not begin at a word of its memory. */
export function wordsOf(chunk: Uint8Array): Int32Array {
  const { byteOffset, length } = chunk;
  if (length < worthWords || byteOffset % 4 !== 0) return noWords;
  return new Int32Array(chunk.buffer, byteOffset, length >> 2);
}

/**
 * @param words as `wordsOf(chunk)`
 * @returns the place of the first CR or LF at or after `from`; the chunk's length where there is none.
 */
export function nextLineEnd(chunk: Uint8Array, words: Int32Array, from: number): number {
  const { length } = chunk;
  let index = from;
  let word = (index + 3) >> 2;
  const wordCount = words.length;
  for (;;) {
    const end = word < wordCount ? word << 2 : length;
    for (; index < end; index++) {
      const octet = chunk[index];
      if (octet === CR || octet === LF) return index;
    }
    if (index === length) return length;
    while (word < wordCount) {
      const octets = words[word] as number;
      // Whether one of the four is a CR or less: each is compared in the bit above its highest.
      if (((octets - 0x0e0e0e0e) & ~octets & 0x80808080) !== 0) break;
      word++;
    }
    index = word << 2;
    word++;
  }
}
