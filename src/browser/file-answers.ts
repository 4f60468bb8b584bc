/** Answers requests for a page's files: each is read on first request, compressed once, and identified by its hash. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { acceptsGzip } from "../protocols/http/accepted-coding.ts";
import type { PageFile } from "./page-files.ts";

interface Ready {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly compressed: Buffer;
  readonly tag: string;
}

export class FileAnswers {
  readonly #files: () => Promise<ReadonlyMap<string, () => Promise<Ready>>>;

  /** @param files by name; asked at the first request, and again after it has failed. */
  constructor(files: () => Promise<Iterable<readonly [string, PageFile]>>) {
    this.#files = once(
      async () => new Map([...(await files())].map(([name, file]) => [name, once(() => prepare(file))])),
    );
  }

  /** @returns whether there is a file of this name; if not, nothing has been answered. */
  async give(name: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const read = (await this.#files()).get(name);
    if (read) give(request, response, await read());
    return read !== undefined;
  }
}

/** What fails is tried again. */
function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function prepare({ contentType, read }: PageFile): Promise<Ready> {
  const plain = await read();
  const compressed = await promisify(gzip)(plain);
  // Weak: the same for both forms (RFC 9110 section 8.8.1).
  return { contentType, plain, compressed, tag: `W/"${createHash("sha256").update(plain).digest("base64url")}"` };
}

function give({ headers }: IncomingMessage, response: ServerResponse, ready: Ready): void {
  response.setHeader("ETag", ready.tag);
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("Vary", "Accept-Encoding");
  if (headers["if-none-match"]?.includes(ready.tag)) {
    response.writeHead(304).end();
    return;
  }
  const takesGzip = acceptsGzip(headers["accept-encoding"]?.toString());
  if (takesGzip) response.setHeader("Content-Encoding", "gzip");
  const body = takesGzip ? ready.compressed : ready.plain;
  response.writeHead(200, { "Content-Type": ready.contentType, "Content-Length": body.length }).end(body);
}
