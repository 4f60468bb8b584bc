/** Answers `/api/schema`: by where the schema is, and there by the schema, which a client may keep for ever. */
import { gzipSync } from "node:zlib";
import { acceptsGzip } from "../../protocols/http/accepted-coding.ts";
import { publishedSchema, type SchemaOptions } from "./management-schema.ts";

const schemaPath = "/api/schema";

/** The schema is made when it is first asked for. @returns null for what is not at one of its paths, which are below `mount` */
export function schemaHandler(options: SchemaOptions = {}): (request: Request, mount?: string) => Response | null {
  let made: { readonly json: string; readonly hash: string; readonly gzip: Uint8Array<ArrayBuffer> } | null = null;
  const published = () => {
    if (made === null) {
      const { json, hash } = publishedSchema(options);
      made = { json, hash, gzip: new Uint8Array(gzipSync(json)) };
    }
    return made;
  };
  return (request, mount = "") => {
    const { pathname } = new URL(request.url);
    if (pathname !== schemaPath && !pathname.startsWith(`${schemaPath}/`)) return null;
    if (request.method !== "GET" && request.method !== "HEAD")
      return new Response(null, { status: 405, headers: { Allow: "GET, HEAD" } });
    const { json, hash, gzip } = published();
    if (pathname === schemaPath) {
      const headers = { Location: `${mount}${schemaPath}/${hash}`, "Cache-Control": "no-cache" };
      return new Response(null, { status: 302, headers });
    }
    if (pathname !== `${schemaPath}/${hash}`) return null;
    const headers = {
      "Content-Type": "application/json",
      "Cache-Control": "public, max-age=31536000, immutable",
      Vary: "Accept-Encoding",
    };
    if (!acceptsGzip(request.headers.get("Accept-Encoding"))) return new Response(json, { headers });
    return new Response(gzip, { headers: { ...headers, "Content-Encoding": "gzip" } });
  };
}
