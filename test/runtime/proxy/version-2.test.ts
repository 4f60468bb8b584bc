import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IPV4_ADDRESSES, ipv6Addresses, SIGNATURE, tlv, unixAddresses, version2 } from "./encode-header.ts";
import { errorOf, headerOf, step } from "./read-header.ts";

const source = { address: "192.0.2.1", port: 56324 };

describe("a header of version 2", () => {
  test("names client and destination over IPv4", () => {
    expect(headerOf(version2())).toEqual({
      version: 2,
      command: "PROXY",
      source,
      destination: { address: "198.51.100.7", port: 25 },
      unix: null,
      tlvs: { other: [] },
    });
  });

  test("names client and destination over IPv6, canonically", () => {
    const addresses = ipv6Addresses("20010db8000000000000000000000001", "20010db8000000010001000100010001");
    expect(headerOf(version2({ family: 0x21, addresses }))).toMatchObject({
      source: { address: "2001:db8::1", port: 56324 },
      destination: { address: "2001:db8:0:1:1:1:1:1", port: 25 },
    });
  });

  test("gives IPv4-mapped addresses as IPv4, and those that only look alike as IPv6", () => {
    const addresses = ipv6Addresses("00000000000000000000ffffc0000201", "0000000000000000ffff0000c0000201");
    const header = headerOf(version2({ family: 0x21, addresses }));
    expect(header.source?.address).toBe("192.0.2.1");
    expect(header.destination?.address).toBe("::ffff:0:c000:201");
  });

  test("leaves the peer its own address for a UNIX client, whose paths it gives", () => {
    const addresses = unixAddresses("/run/mail/client.sock", "\0abstract");
    const header = headerOf(version2({ family: 0x31, addresses }));
    expect(header.unix).toEqual({ source: "/run/mail/client.sock", destination: "@abstract" });
    expect([header.source, header.destination]).toEqual([null, null]);
  });

  test("gives unnamed and longest UNIX paths whole", () => {
    const addresses = unixAddresses("", `/${"p".repeat(107)}`);
    const { unix } = headerOf(version2({ family: 0x31, addresses }));
    expect(unix).toEqual({ source: "", destination: `/${"p".repeat(107)}` });
  });

  test("leaves the peer its own address when the family is unspecified", () => {
    const header = headerOf(version2({ family: 0x00, addresses: Buffer.alloc(0), tlvs: [tlv(0x02, "mail.example")] }));
    expect(header).toMatchObject({ command: "PROXY", source: null, destination: null, unix: null });
    expect(header.tlvs.authority).toBe("mail.example");
  });

  test("leaves the peer its own address when the family is unspecified, whatever the block holds", () => {
    for (const addresses of [IPV4_ADDRESSES, ipv6Addresses("20".repeat(16), "fe".repeat(16)), Buffer.alloc(50, 0xff)]) {
      expect(headerOf(version2({ family: 0x00, addresses }))).toEqual({
        version: 2,
        command: "PROXY",
        source: null,
        destination: null,
        unix: null,
        tlvs: { other: [] },
      });
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (addresses) => {
        const outcome = step(version2({ family: 0x00, addresses }));
        if (typeof outcome === "object" && "error" in outcome) expect(outcome.error.reason).toBe("crc32c");
        else expect(outcome).toMatchObject({ header: { source: null, destination: null } });
      }),
    );
  });

  test.each([
    ["no block", { family: 0x00, addresses: Buffer.alloc(0) }],
    ["addresses", { family: 0x11 }],
    ["datagrams", { family: 0x12 }],
    ["a family without its addresses", { family: 0x21, addresses: Buffer.alloc(3) }],
    ["an unknown family", { family: 0xff }],
    ["bytes that are no vectors", { family: 0x00, addresses: Buffer.alloc(50, 0xff) }],
  ])("is accepted as LOCAL with %s, and leaves the peer its own address", (_what, wanted) => {
    const header = headerOf(version2({ command: 0x20, ...wanted }));
    expect(header).toMatchObject({ version: 2, command: "LOCAL", source: null, destination: null, unix: null });
  });

  test("is refused as LOCAL when its checksum is wrong", () => {
    const header = version2({ crc32c: true });
    header[12] = 0x20;
    expect(errorOf(header).reason).toBe("crc32c");
  });

  test.each([
    ["signature", "a wrong last byte of the signature", Buffer.from("\r\n\r\n\0\r\nQUIT\r", "latin1")],
    ["signature", "a client's empty line", Buffer.from("\r\nEHLO", "latin1")],
    ["version", "version 1", version2({ command: 0x11 })],
    ["version", "version 3", version2({ command: 0x31 })],
    ["command", "command 2", version2({ command: 0x22 })],
    ["family", "family 4", version2({ family: 0x41 })],
    ["family", "transport 3", version2({ family: 0x13 })],
    ["family", "a stream of no family", version2({ family: 0x01 })],
    ["family", "IPv4 without transport", version2({ family: 0x10 })],
    ["transport", "UDP over IPv4", version2({ family: 0x12 })],
    ["transport", "UDP over IPv6", version2({ family: 0x22 })],
    ["transport", "UNIX datagrams", version2({ family: 0x32 })],
    ["address", "11 octets for IPv4", version2({ addresses: IPV4_ADDRESSES.subarray(0, 11) })],
    ["address", "12 octets for IPv6", version2({ family: 0x21 })],
    ["address", "215 octets for UNIX", version2({ family: 0x31, addresses: Buffer.alloc(215) })],
  ])("is invalid by its %s when it has %s", (reason, _what, bytes) => {
    expect(errorOf(bytes).reason).toBe(reason);
  });

  test("is refused as soon as its first wrong byte is there", () => {
    expect(errorOf(SIGNATURE.map((byte, index) => (index === 4 ? 1 : byte)).subarray(0, 5)).reason).toBe("signature");
    expect(errorOf(version2({ command: 0x31 }).subarray(0, 13)).reason).toBe("version");
    expect(errorOf(version2({ family: 0x99 }).subarray(0, 14)).reason).toBe("family");
    expect(errorOf(version2({ length: 4097 }).subarray(0, 16)).reason).toBe("oversized");
  });

  test("may have 4,096 octets after its fixed part, and no more", () => {
    const filler = (length: number) => version2({ tlvs: [tlv(0x04, Buffer.alloc(length - 12 - 3))] });
    expect(headerOf(filler(4096)).source).toEqual(source);
    expect(step(filler(4096).subarray(0, -1))).toBe("more");
    expect(errorOf(filler(4097)).reason).toBe("oversized");
  });
});

describe("its vectors", () => {
  test("say what the proxy knows of the client", () => {
    const ssl = Buffer.concat([
      Buffer.from([0x05, 0, 0, 0, 9]),
      tlv(0x21, "TLSv1.3"),
      tlv(0x22, "Zoë"),
      tlv(0x23, "TLS_AES_256_GCM_SHA384"),
      tlv(0x24, "RSA-SHA256"),
      tlv(0x25, "RSA2048"),
      tlv(0x28, "later"),
    ]);
    const tlvs = [
      tlv(0x01, "smtp"),
      tlv(0x02, "mail.example.com"),
      tlv(0x04, "padding"),
      tlv(0x05, Buffer.from([0, 1, 255])),
      tlv(0x20, ssl),
      tlv(0x30, "blue"),
      tlv(0xea, "one"),
      tlv(0xea, ""),
    ];
    expect(headerOf(version2({ crc32c: true, tlvs })).tlvs).toEqual({
      alpn: "smtp",
      authority: "mail.example.com",
      uniqueId: Uint8Array.of(0, 1, 255),
      netns: "blue",
      crc32c: true,
      ssl: {
        client: { tls: true, certificateOnConnection: false, certificateInSession: true },
        verify: 9,
        version: "TLSv1.3",
        commonName: "Zoë",
        cipher: "TLS_AES_256_GCM_SHA384",
        signatureAlgorithm: "RSA-SHA256",
        keyAlgorithm: "RSA2048",
        other: [[0x28, new Uint8Array(Buffer.from("later"))]],
      },
      other: [
        [0xea, new Uint8Array(Buffer.from("one"))],
        [0xea, new Uint8Array(0)],
      ],
    });
  });

  test("are copies, so that they do not change with the chunk", () => {
    const bytes = version2({ tlvs: [tlv(0x05, "id"), tlv(0xe0, "own")] });
    const { uniqueId, other } = headerOf(bytes).tlvs;
    bytes.fill(0);
    expect(uniqueId).toEqual(new Uint8Array(Buffer.from("id")));
    expect(other[0]?.[1]).toEqual(new Uint8Array(Buffer.from("own")));
  });

  test("count by their first one where a type is there again, and the others are not looked into", () => {
    const ssl = (first: string) => Buffer.concat([Buffer.alloc(5), tlv(0x21, first), tlv(0x21, "later")]);
    const firsts = [tlv(0x01, "smtp"), tlv(0x02, ""), tlv(0x05, "id"), tlv(0x20, ssl("TLSv1.3")), tlv(0x30, "blue")];
    const laters = [
      ...[tlv(0x01, "h2"), tlv(0x02, "other"), tlv(0x20, ssl("TLSv1.2")), tlv(0x30, "red")],
      ...[tlv(0x03, "wrong"), tlv(0x05, Buffer.alloc(129)), tlv(0x20, "")],
    ];
    const once = headerOf(version2({ crc32c: true, tlvs: firsts })).tlvs;
    expect(once).toMatchObject({
      alpn: "smtp",
      authority: "",
      netns: "blue",
      crc32c: true,
      ssl: { version: "TLSv1.3" },
    });
    expect(headerOf(version2({ crc32c: true, tlvs: [...firsts, ...laters] })).tlvs).toEqual(once);
  });

  test("have U+FFFD where a text is not UTF-8", () => {
    expect(headerOf(version2({ tlvs: [tlv(0x02, Buffer.from("caf\xe9", "latin1"))] })).tlvs.authority).toBe(
      "caf\ufffd",
    );
  });

  test.each([
    ["is cut off before its length", [Buffer.from([0x02])]],
    ["is cut off in its length", [Buffer.from([0x02, 0])]],
    ["is cut off in its value", [Buffer.from([0x02, 0, 2, 0x41])]],
    ["is a checksum of three octets", [tlv(0x03, Buffer.alloc(3))]],
    ["is a unique id of 129 octets", [tlv(0x05, Buffer.alloc(129))]],
    ["is SSL without its fixed fields", [tlv(0x20, Buffer.alloc(4))]],
    ["holds a vector that is cut off", [tlv(0x20, Buffer.from([1, 0, 0, 0, 0, 0x21, 0, 9]))]],
  ])("make the header invalid when one %s", (_what, tlvs) => {
    expect(errorOf(version2({ tlvs })).reason).toBe("tlv");
  });

  test("make the header invalid when the checksum is wrong, wherever it stands", () => {
    const last = version2({ tlvs: [tlv(0x02, "a"), tlv(0x03, Buffer.from([1, 2, 3, 4]))] });
    expect(errorOf(last)).toMatchObject({ code: "proxy-header-invalid", reason: "crc32c" });
  });
});
