/** What comes before a mail protocol or instead of one: HTTP, the PROXY header, the TLS hello. */
import { type Attack, type Protocol, pieces, portOf, repeated } from "./attack.ts";
import { Peer } from "./peer.ts";

export function httpAttacks(size: number): Attack[] {
  const last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const metrics = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  return [
    to("HTTP", "GET of the metrics, pipelined", { listener: "http", input: [metrics.repeat(1_800), last] }),
    to("HTTP", "GET, a header as long as it may be", {
      listener: "http",
      input: [`GET / HTTP/1.1\r\nHost: a\r\n${repeated("a:b\r\n", 16_000)}\r\n`, last],
    }),
    to("HTTP", "GET, a target as long as it may be", {
      listener: "http",
      input: [`GET /${repeated("%41", 15_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, last],
    }),
    to("HTTP", "POST, a long body", {
      listener: "http",
      input: [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`, ...pieces("x", size)],
      single: true,
    }),
    to("HTTP", "POST, chunks of one octet", {
      listener: "http",
      input: [
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        repeated("1\r\nx\r\n", 1_048_576),
        "0\r\n\r\n",
        last,
      ],
    }),
  ];
}

export function proxyAttacks(): Attack[] {
  const header = (tlvs: Buffer): Buffer => {
    const fixed = Buffer.from("0d0a0d0a000d0a515549540a21110000c0000201c000020203e80019", "hex");
    fixed.writeUInt16BE(12 + tlvs.length, 14);
    return Buffer.concat([fixed, tlvs]);
  };
  const tlvs = (one: string): Buffer => Buffer.from(one.repeat(Math.floor(65_500 / (one.length / 2))), "hex");
  return [
    proxied("a header of TLVs without a value", header(tlvs("040000"))),
    proxied("a header of TLVs of one octet", header(tlvs("e00001ff"))),
    proxied("a header of one TLV", header(Buffer.concat([Buffer.from("04ffd0", "hex"), Buffer.alloc(65_488)]))),
    proxied("a line of version 1 without an end", Buffer.from(`PROXY TCP4 ${repeated("1", 65_000)}`)),
  ];
}

export function tlsAttacks(): Attack[] {
  /** Records of a ClientHello of the largest size that OpenSSL accepts, filled with nonsense. */
  const hello = (octets: number, perRecord: number): Buffer => {
    const message = Buffer.alloc(octets + 4);
    message[0] = 1;
    message.writeUIntBE(octets, 1, 3);
    message.writeUInt16BE(0x0303, 4);
    const records: Buffer[] = [];
    for (let at = 0; at < message.length; at += perRecord) {
      const part = message.subarray(at, at + perRecord);
      records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
    }
    return Buffer.concat(records);
  };
  return [
    to("TLS", "a hello as long as it may be", { listener: "tls", input: [hello(131_000, 16_384)] }),
    to("TLS", "a hello in records of one octet", { listener: "tls", input: [hello(65_000, 1)] }),
    to("TLS", "no hello at all", { listener: "tls", input: [Buffer.alloc(65_536, 0xff)] }),
  ];
}

function proxied(name: string, input: Buffer): Attack {
  return to("PROXY", name, { listener: "proxied", input: [input, "QUIT\r\n"] });
}

interface Said {
  readonly listener: string;
  readonly input: readonly (string | Buffer)[];
  readonly single?: true;
}

function to(protocol: Protocol, name: string, { listener, input, single }: Said): Attack {
  return {
    protocol,
    name,
    ...(single ? { single } : {}),
    open: (ports) => Peer.open(portOf(ports, listener)),
    run: async (peer) => {
      await peer.send(...input);
      peer.socket.end();
      return peer.end();
    },
  };
}
