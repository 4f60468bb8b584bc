/** The type-length-value vectors of version 2 (proxy-protocol.txt 2.2). */
import { crc32c } from "./crc32c.ts";
import { NO_TLVS, type ProxySsl, type ProxyTlvs, type Tlv } from "./proxy-header.ts";
import { ProxyHeaderError } from "./proxy-header-error.ts";

const ALPN = 0x01;
const AUTHORITY = 0x02;
const CRC32C = 0x03;
const NOOP = 0x04;
const UNIQUE_ID = 0x05;
const SSL = 0x20;
const SSL_VERSION = 0x21;
const SSL_CN = 0x22;
const SSL_CIPHER = 0x23;
const SSL_SIG_ALG = 0x24;
const SSL_KEY_ALG = 0x25;
const NETNS = 0x30;

const TYPE_AND_LENGTH = 3;
const LONGEST_UNIQUE_ID = 128;
const CHECKSUM_LENGTH = 4;
/** The `client` and `verify` fields. */
const SSL_FIXED = 5;

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * Decodes the vectors from `start` to the end of the header, and checks the header's checksum if there is one. The
 * result holds copies. Of vectors of a known type the first counts, as in HAProxy; later ones are ignored.
 * @throws ProxyHeaderError `tlv` or `crc32c`; the latter also where a wrong checksum precedes a broken vector.
 */
export function decodeTlvs(header: Buffer, start: number): ProxyTlvs {
  if (header.length === start) return NO_TLVS;
  const other: Tlv[] = [];
  const tlvs: Writable<ProxyTlvs> = { other };
  eachTlv(header, start, (type, valueStart, end) => {
    switch (type) {
      case ALPN:
        tlvs.alpn ??= header.toString("utf8", valueStart, end);
        break;
      case AUTHORITY:
        tlvs.authority ??= header.toString("utf8", valueStart, end);
        break;
      case CRC32C:
        tlvs.crc32c ??= checkedChecksum(header, valueStart, end);
        break;
      case NOOP:
        break;
      case UNIQUE_ID:
        tlvs.uniqueId ??= uniqueIdOf(header, valueStart, end);
        break;
      case SSL:
        tlvs.ssl ??= decodeSsl(header.subarray(valueStart, end));
        break;
      case NETNS:
        tlvs.netns ??= header.toString("utf8", valueStart, end);
        break;
      default:
        other.push([type, copyOf(header, valueStart, end)]);
    }
  });
  return tlvs;
}

function decodeSsl(value: Buffer): ProxySsl {
  if (value.length < SSL_FIXED) throw new ProxyHeaderError("tlv", "the SSL vector is shorter than its fixed fields");
  const client = value.readUInt8(0);
  const other: Tlv[] = [];
  const ssl: Writable<ProxySsl> = {
    client: {
      tls: (client & 0x01) !== 0,
      certificateOnConnection: (client & 0x02) !== 0,
      certificateInSession: (client & 0x04) !== 0,
    },
    verify: value.readUInt32BE(1),
    other,
  };
  eachTlv(value, SSL_FIXED, (type, start, end) => {
    const field = SSL_TEXTS.get(type);
    if (field) ssl[field] ??= value.toString("utf8", start, end);
    else other.push([type, copyOf(value, start, end)]);
  });
  return ssl;
}

const SSL_TEXTS: ReadonlyMap<number, "version" | "commonName" | "cipher" | "signatureAlgorithm" | "keyAlgorithm"> =
  new Map([
    [SSL_VERSION, "version"],
    [SSL_CN, "commonName"],
    [SSL_CIPHER, "cipher"],
    [SSL_SIG_ALG, "signatureAlgorithm"],
    [SSL_KEY_ALG, "keyAlgorithm"],
  ]);

function eachTlv(bytes: Buffer, from: number, visit: (type: number, start: number, end: number) => void): void {
  for (let at = from; at < bytes.length; ) {
    const start = at + TYPE_AND_LENGTH;
    const end = start <= bytes.length ? start + bytes.readUInt16BE(at + 1) : start;
    if (end > bytes.length) throw new ProxyHeaderError("tlv", "a vector reaches beyond the end of the header");
    visit(bytes.readUInt8(at), start, end);
    at = end;
  }
}

/** The checksum covers the whole header, with zeros in place of itself (proxy-protocol.txt 2.2.3). */
function checkedChecksum(header: Buffer, start: number, end: number): true {
  if (end - start !== CHECKSUM_LENGTH) throw new ProxyHeaderError("tlv", "the checksum has not four octets");
  const sum = crc32c(header.subarray(end), crc32c(ZEROS, crc32c(header.subarray(0, start))));
  if (sum !== header.readUInt32BE(start)) throw new ProxyHeaderError("crc32c", "the checksum is wrong");
  return true;
}

const ZEROS = new Uint8Array(CHECKSUM_LENGTH);

function uniqueIdOf(header: Buffer, start: number, end: number): Uint8Array {
  if (end - start > LONGEST_UNIQUE_ID) throw new ProxyHeaderError("tlv", "the unique id exceeds 128 octets");
  return copyOf(header, start, end);
}

/** A view would keep the whole chunk in memory for as long as the connection lives. */
function copyOf(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}
