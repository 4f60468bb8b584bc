/** One request as it stands, octet for octet, and all that is answered. */
import { type RawClient, rawClient, tlsClient } from "../runtime/raw-client.ts";

export interface Exchanged {
  readonly status: number;
  /** By their names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface ExchangeOptions {
  /** Host and Connection are added; the same name here replaces them, and null leaves it out. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly body?: string;
  readonly tls?: boolean;
  /** Sent before everything else: a PROXY header. */
  readonly before?: string;
  readonly version?: string;
}

/** @param line method and target: `GET /console/../x` */
export async function exchange(port: number, line: string, options: ExchangeOptions = {}): Promise<Exchanged> {
  const { body = "", tls = false, before = "", version = "HTTP/1.1" } = options;
  const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const fields = { Host: `127.0.0.1:${port}`, Connection: "close", ...length, ...options.fields };
  const client: RawClient = tls ? await tlsClient({ port }) : await rawClient(port);
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  client.socket.write(`${before}${[`${line} ${version}`, ...lines, "", ""].join("\r\n")}${body}`);
  await client.end;
  return readAnswer(client.received());
}

function readAnswer(text: string): Exchanged {
  const at = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, at).split("\r\n");
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(" ")[1]), fields: new Map(fields), body: text.slice(at + 4) };
}
