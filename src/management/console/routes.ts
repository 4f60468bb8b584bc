/** Answers requests for `/console/`: the page and its files, each compressed once and known by its hash. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Context, Hono } from "hono";
import { type ConsoleFile, consoleFiles } from "./files.ts";
import { consoleHeaders, consolePage } from "./page.ts";

const root = "/console/";

interface Ready {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly compressed: Buffer;
  readonly tag: string;
}

type Table = ReadonlyMap<string, () => Promise<Ready>>;

/** Nothing is read before somebody asks for it; nobody needs to be logged in for these files. */
export function consoleRoutes(): Hono {
  const routes = new Hono();
  const table = onceDone(preparedFiles);
  routes.get("/console", (context) => context.redirect(root, 308));
  routes.get(`${root}*`, async (context) => {
    for (const [name, value] of Object.entries(consoleHeaders)) context.header(name, value);
    const read = (await table()).get(context.req.path.slice(root.length));
    if (read) return give(context, await read());
    context.header("Cache-Control", "no-store");
    return context.text(`There is no such file of the console. It begins at ${root}.\n`, 404);
  });
  return routes;
}

async function preparedFiles(): Promise<Table> {
  const files = await consoleFiles();
  const page: ConsoleFile = {
    contentType: "text/html; charset=utf-8",
    read: async () => consolePage(files.keys()),
  };
  return new Map([["", page] as const, ...files].map(([name, file]) => [name, onceDone(() => prepare(file))]));
}

/** Done when it is first asked for, and again only after it has failed. */
function onceDone<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
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

function give(context: Context, { contentType, plain, compressed, tag }: Ready): Response {
  context.header("ETag", tag);
  context.header("Cache-Control", "no-cache");
  context.header("Vary", "Accept-Encoding");
  if (context.req.header("If-None-Match")?.includes(tag)) return context.body(null, 304);
  const accepted = context.req.header("Accept-Encoding") ?? "";
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted);
  if (takesGzip) context.header("Content-Encoding", "gzip");
  const body = takesGzip ? compressed : plain;
  context.header("Content-Type", contentType);
  context.header("Content-Length", String(body.length));
  return context.body(new Uint8Array(body));
}
