import { type FileHandle, open } from "node:fs/promises";
import { MailboxError, type MessageContent } from "../../protocols/mailbox.ts";
import { contentFile } from "../store/data-folder.ts";
import type { MessageContentRow } from "../store/store-calls.ts";

/** The bytes of a message that is in memory. */
export function contentInMemory(bytes: Uint8Array): MessageContent {
  return {
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, Math.max(start, end)),
    close: () => {},
  };
}

/**
 * A message's bytes, from memory or from the open file, which stays readable when its name is gone.
 * @throws MailboxError `message-missing`
 */
export async function openContent(directory: string, { id, size, bytes }: MessageContentRow): Promise<MessageContent> {
  if (bytes) return contentInMemory(bytes);
  try {
    return new FileContent(await open(contentFile(directory, id)), size);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw new MailboxError("message-missing", "The message was expunged.");
  }
}

class FileContent implements MessageContent {
  readonly size: number;
  #handle: FileHandle | null;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const length = Math.max(0, Math.min(end, this.size) - start);
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      if (!this.#handle) throw new MailboxError("mailbox-unavailable", "The message was closed while it was read.");
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, start + filled);
      if (bytesRead === 0) throw new MailboxError("mailbox-unavailable", "The message's file is shorter than it was.");
      filled += bytesRead;
    }
    return buffer;
  }

  close(): void {
    const handle = this.#handle;
    this.#handle = null;
    handle?.close().catch(() => {});
  }
}
