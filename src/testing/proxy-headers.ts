/** The sender's side of the PROXY protocol (the specification of haproxy.org, versions 1 and 2). */

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const proxyCommand = 0x21;
const localCommand = 0x20;
const tcpOverIpv4 = 0x11;

/** The client that the proxy names; 192.0.2.1:56324 to 198.51.100.7:25 by default. */
export interface ProxiedClient {
  readonly source?: string;
  readonly sourcePort?: number;
}

const destination = "198.51.100.7";
const destinationPort = 25;

/** Version 1: one line of text. */
export function proxyHeaderV1({ source = "192.0.2.1", sourcePort = 56_324 }: ProxiedClient = {}): Buffer {
  return Buffer.from(`PROXY TCP4 ${source} ${destination} ${sourcePort} ${destinationPort}\r\n`, "latin1");
}

/** Version 2: binary. */
export function proxyHeaderV2({ source = "192.0.2.1", sourcePort = 56_324 }: ProxiedClient = {}): Buffer {
  const block = Buffer.alloc(12);
  block.set(source.split(".").map(Number), 0);
  block.set(destination.split(".").map(Number), 4);
  block.writeUInt16BE(sourcePort, 8);
  block.writeUInt16BE(destinationPort, 10);
  return Buffer.concat([signature, Buffer.from([proxyCommand, tcpOverIpv4, 0, block.length]), block]);
}

/** Version 2, `LOCAL`: the proxy's own connection. */
export function proxyHeaderLocal(): Buffer {
  return Buffer.concat([signature, Buffer.from([localCommand, 0, 0, 0])]);
}
