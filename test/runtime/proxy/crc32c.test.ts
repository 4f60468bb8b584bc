import { expect, test } from "vitest";
import { crc32c } from "../../../src/runtime/proxy/crc32c.ts";

test.each([
  ["no octets", Buffer.alloc(0), 0],
  ["the digits 1 to 9", Buffer.from("123456789"), 0xe3069283],
  ["32 zeros (RFC 3720 B.4)", Buffer.alloc(32), 0x8a9136aa],
  ["32 ones (RFC 3720 B.4)", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["32 rising octets (RFC 3720 B.4)", Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
])("computes the published checksum of %s", (_what, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});

test("goes on from the checksum of what came before", () => {
  expect(crc32c(Buffer.from("56789"), crc32c(Buffer.from("1234")))).toBe(0xe3069283);
});
