/** Outlines of small messages, found by the thread that keeps them. */
import { type Outline, outlineOf } from "../message/outline.ts";
import type { IncomingContent } from "./mailbox-calls.ts";
import { contentOfWrite, type Write } from "./store-calls.ts";

/** Octets: what costs a millisecond or two at worst, with a header of nothing but addresses. */
const SMALL = 8_192;

/**
 * Whether its outline is left to the thread that keeps it: the way to the other thread and back costs as much as finding it.
 * That of a large message takes long, and would hold up what others write.
 */
export function isOutlinedWithCommit({ size, bytes }: Pick<IncomingContent, "size" | "bytes">): boolean {
  return bytes !== null && size <= SMALL;
}

/** The same writes, with the outlines that are missing. It waits for nothing but itself: no call comes in between. */
export async function withOutlines(writes: readonly Write[]): Promise<readonly Write[]> {
  const outlined: Write[] = [];
  for (const write of writes) {
    const content = contentOfWrite(write);
    const lacks = content && content.outline === null && isOutlinedWithCommit(content);
    outlined.push(lacks ? withOutline(write, await foundOutline(content)) : write);
  }
  return outlined;
}

function withOutline(write: Write, outline: Outline | null): Write {
  if (write.name === "deliver") {
    return { ...write, request: { ...write.request, content: { ...write.request.content, outline } } };
  }
  if (write.name !== "append") return write;
  return { ...write, request: { ...write.request, content: { ...write.request.content, outline } } };
}

async function foundOutline({ bytes, size }: IncomingContent): Promise<Outline | null> {
  if (!bytes) return null;
  try {
    return await outlineOf((start, end) => [bytes.subarray(start, end)], size);
  } catch {
    return null;
  }
}
