/** The body of a request, read no further than to the limit. @returns with a `size` over the limit where it has more. */
export async function bytesOf(
  body: AsyncIterable<Uint8Array> | null,
  limit: number,
): Promise<{ readonly bytes: Uint8Array; readonly size: number }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > limit) break;
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), size };
}

/** Whether a body says that it is JSON; parameters may follow. */
export function isJsonType(contentType: string | undefined): boolean {
  return /^application\/json *(?:;|$)/i.test(contentType ?? "");
}
