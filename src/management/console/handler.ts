/** Answers requests for `/console/`: the page and its files, each compressed once and known by its hash. */
import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { acceptsGzip } from "../../protocols/http/accepted-coding.ts";
import { requestPath } from "../../protocols/http/request-path.ts";
import { type ConsoleFile, consoleFiles } from "./files.ts";
import { consolePage } from "./page.ts";
import { setSecurityFields } from "./security-fields.ts";

const root = "/console/";

/** Whether this handler answers for a path, even if only with 404. */
export function isConsolePath(path: string): boolean {
  return path === "/console" || path.startsWith(root);
}

interface Ready {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly compressed: Buffer;
  readonly tag: string;
}

/** Nothing is read before somebody asks for it; nobody needs to be logged in for these files. */
export function consoleHandler(): RequestListener {
  let files: Promise<ReadonlyMap<string, () => Promise<Ready>>> | undefined;
  const table = () => {
    files ??= preparedFiles().catch((error: unknown) => {
      files = undefined;
      throw error;
    });
    return files;
  };
  return async (request, response) => {
    setSecurityFields(response);
    const path = requestPath(request);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      say(response, 405, "Only GET and HEAD are answered here.\n");
    } else if (path === "/console") {
      response.setHeader("Location", root);
      say(response, 308, `It is at ${root}.\n`);
    } else {
      const read = (await table()).get(path.slice(root.length));
      if (read) give(request, response, await read());
      else say(response, 404, `There is no such file of the console. It begins at ${root}.\n`);
    }
  };
}

async function preparedFiles(): Promise<ReadonlyMap<string, () => Promise<Ready>>> {
  const files = await consoleFiles();
  const page: ConsoleFile = {
    contentType: "text/html; charset=utf-8",
    read: async () => consolePage(files.keys()),
  };
  return new Map([["", page] as const, ...files].map(([name, file]) => [name, once(() => prepare(file))]));
}

/** What fails is tried again. */
function once(make: () => Promise<Ready>): () => Promise<Ready> {
  let made: Promise<Ready> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function prepare({ contentType, read }: ConsoleFile): Promise<Ready> {
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

function say(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": Buffer.byteLength(text),
      "Cache-Control": "no-store",
    })
    .end(text);
}
