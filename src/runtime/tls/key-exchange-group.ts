/** The named group of a key exchange. Node tells it to clients alone; OpenSSL writes it into the session of servers too. */
import type { TLSSocket } from "node:tls";

/** IANA's registry "TLS Supported Groups". */
const names: Readonly<Record<number, string>> = {
  23: "secp256r1",
  24: "secp384r1",
  25: "secp521r1",
  29: "x25519",
  30: "x448",
  4587: "SecP256r1MLKEM768",
  4588: "X25519MLKEM768",
  4589: "SecP384r1MLKEM1024",
};

/** The field `kex_group` of SSL_SESSION in ASN.1: an integer in the context-specific tag 19. */
const GROUP_TAG = 0xb3;

/** Null where nothing is known of it, and after the end of the connection. */
export function keyExchangeGroup(socket: Pick<TLSSocket, "getSession">): string | null {
  const session = socket.getSession();
  const group = session && groupIn(session);
  return group ? (names[group] ?? `0x${group.toString(16).padStart(4, "0")}`) : null;
}

/** Walks over the fields of the outermost sequence. Its DER is OpenSSL's own, so it is not doubted. */
function groupIn(session: Buffer): number | null {
  let at = contentOf(session, 0).from;
  while (at < session.length) {
    const { from, length } = contentOf(session, at);
    // In the tag: an integer, with a tag and a length of its own.
    if (session[at] === GROUP_TAG) return session.readUIntBE(from + 2, length - 2);
    at = from + length;
  }
  return null;
}

/** Where the content of the element at this place begins, and how long it is. */
function contentOf(der: Buffer, at: number): { readonly from: number; readonly length: number } {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return { from: at + 2, length: first };
  const octets = first & 0x7f;
  return { from: at + 2 + octets, length: octets === 0 ? der.length : der.readUIntBE(at + 2, octets) };
}
