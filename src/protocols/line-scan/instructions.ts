/**
 * The instructions of WebAssembly that the search is written in, by their names in its text format: each gives its octets,
 * after those of its operands (WebAssembly Core Specification, section 5.4).
 */
export type Code = readonly number[];

const unary =
  (...octets: number[]) =>
  (operand: Code): Code => [...operand, ...octets];
const binary =
  (...octets: number[]) =>
  (left: Code, right: Code): Code => [...left, ...right, ...octets];
/** Without a result. */
const noType = 0x40;
const end = 0x0b;

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  eqz: unary(0x45),
  ne: binary(0x47),
  gt_s: binary(0x4a),
  ctz: unary(0x68),
  add: binary(0x6a),
  sub: binary(0x6b),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
};
/** Sixteen octets at a time. */
export const i8x16 = {
  splat: unary(0xfd, 0x0f),
  eq: binary(0xfd, 0x23),
  le_u: binary(0xfd, 0x2a),
  bitmask: unary(0xfd, 0x64),
};
export const v128 = {
  /** From any place: the first operand of the instruction says how it may be aligned. */
  load: unary(0xfd, 0x00, 0, 0),
  any_true: unary(0xfd, 0x53),
};
export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)],
};
export const global = {
  set: (index: number, value: Code): Code => [...value, 0x24, ...unsigned(index)],
};

/** `br(0)` in it leaves it; one more for each that lies in between. */
export const block = (...body: Code[]): Code => [0x02, noType, ...body.flat(), end];
/** `br(0)` in it begins it again. */
export const loop = (...body: Code[]): Code => [0x03, noType, ...body.flat(), end];
export const when = (condition: Code, ...body: Code[]): Code => [...condition, 0x04, noType, ...body.flat(), end];
export const br = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const br_if = (depth: number, condition: Code): Code => [...condition, 0x0d, ...unsigned(depth)];

/** LEB128 (section 5.2.2). */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const [low, rest] = [value & 0x7f, value >> 7];
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

/** A list with its length before it. */
export const list = (...items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
/** What is preceded by its length in octets. */
export const sized = (...parts: Code[]): Code => [...unsigned(parts.flat().length), ...parts.flat()];
export const name = (text: string): Code => sized([...Buffer.from(text)]);
export const section = (id: number, content: Code): Code => [id, ...sized(content)];
