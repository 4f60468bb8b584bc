/** Requests and responses of HTTP/2 in the form of `node:http`, with what handlers look for there. */

import type { OutgoingHttpHeaders } from "node:http";
import { Http2ServerRequest, Http2ServerResponse, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";

export interface StreamOpening {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  /** The connection. */
  readonly socket: Duplex;
}

/** The connection of a request or a response. */
const connection = Symbol("the connection");

export class StreamRequest extends Http2ServerRequest {
  readonly [connection]: Duplex;

  constructor({ stream, headers, rawHeaders, socket }: StreamOpening) {
    super(stream, headers, {}, rawHeaders);
    // Handlers look for the host there, whatever the version.
    if (headers.host === undefined && headers[":authority"] !== undefined) {
      headers.host = headers[":authority"];
      rawHeaders.push("host", headers.host);
    }
    this[connection] = socket;
  }
}

type List = readonly (string | string[] | number)[];
type Fields = OutgoingHttpHeaders | List;

/** Of a connection of HTTP/1.1 alone (RFC 9113 section 8.2.2): handlers that set them are right about the other version. */
const CONNECTION_FIELD = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/i;

export class StreamResponse extends Http2ServerResponse {
  readonly [connection]: Duplex;

  constructor({ stream, socket }: StreamOpening) {
    super(stream);
    this[connection] = socket;
  }

  override setHeader(name: string, value: number | string | readonly string[]): void {
    if (!CONNECTION_FIELD.test(name)) super.setHeader(name, value);
  }

  override appendHeader(name: string, value: string | string[]): void {
    if (!CONNECTION_FIELD.test(name)) super.appendHeader(name, value);
  }

  /** HTTP/2 has no words beside the status. */
  override writeHead(status: number, words?: string | Fields, fields?: Fields): this {
    const given = typeof words === "string" ? fields : words;
    super.writeHead(status, given && (withoutConnectionFields(given) as OutgoingHttpHeaders));
    return this;
  }
}

/** In each of the forms that `writeHead()` takes: an object, a list of pairs, a list of names and values in turn. */
function withoutConnectionFields(fields: Fields): Fields {
  if (!isList(fields)) {
    for (const name in fields)
      if (CONNECTION_FIELD.test(name))
        return Object.fromEntries(Object.entries(fields).filter(([other]) => !CONNECTION_FIELD.test(other)));
    return fields;
  }
  if (Array.isArray(fields[0]))
    return fields.filter((pair) => Array.isArray(pair) && !CONNECTION_FIELD.test(`${pair[0]}`));
  return fields.filter((_, at) => !CONNECTION_FIELD.test(`${fields[at - (at % 2)]}`));
}

function isList(fields: Fields): fields is List {
  return Array.isArray(fields);
}

/** As of a response of `node:http`: nobody gets what is written. Node's types have it, and Node does not. */
Object.defineProperty(StreamResponse.prototype, "destroyed", {
  get(this: StreamResponse): boolean {
    return this.stream.destroyed;
  },
});

/** The connection itself, as in HTTP/1.1: Node's own stand-in says nothing of TLS, nor of the client behind a proxy. */
for (const { prototype } of [StreamRequest, StreamResponse])
  for (const name of ["socket", "connection"])
    Object.defineProperty(prototype, name, {
      get(this: StreamRequest | StreamResponse): Duplex {
        return this[connection];
      },
    });
