import fc from "fast-check";

/** Prefixes that are read in a special way, or look as if they were. */
const prefixes: readonly (readonly number[])[] = [
  [],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
  [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0x64, 0xff, 0x9b, 0, 1],
  [0x20, 0x02],
  [0xfe, 0x80, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe],
  [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff],
];

export const octets16 = fc
  .tuple(
    fc.constantFrom(...prefixes),
    fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 }),
  )
  .map(([prefix, rest]) => [...prefix, ...rest].slice(0, 16));

export interface Spelling {
  readonly octets: readonly number[];
  /** One of the many texts that RFC 4291 2.2 allows for them. */
  readonly text: string;
}

/** IPv6 addresses in every form: letter case, leading zeros, any run of zeros left out, a dotted end. */
export const ipv6Spelling: fc.Arbitrary<Spelling> = fc
  .record({
    octets: octets16,
    upperCase: fc.boolean(),
    digits: fc.integer({ min: 1, max: 4 }),
    dotted: fc.boolean(),
    compressFrom: fc.nat(7),
  })
  .map(({ octets, upperCase, digits, dotted, compressFrom }) => {
    const groups: string[] = [];
    for (let at = 0; at < (dotted ? 12 : 16); at += 2) {
      const group = ((octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0)).toString(16).padStart(digits, "0");
      groups.push(upperCase ? group.toUpperCase() : group);
    }
    if (dotted) groups.push(octets.slice(12).join("."));
    return { octets, text: compressed(groups, compressFrom) };
  });

/** Leaves the run of zeros out that begins at or after a group, if there is one. */
function compressed(groups: readonly string[], from: number): string {
  const isZero = (group: string | undefined) => group !== undefined && /^0+$/.test(group);
  const start = groups.findIndex((group, index) => index >= from && isZero(group));
  if (start < 0) return groups.join(":");
  let end = start;
  while (isZero(groups[end])) end++;
  return `${groups.slice(0, start).join(":")}::${groups.slice(end).join(":")}`;
}
