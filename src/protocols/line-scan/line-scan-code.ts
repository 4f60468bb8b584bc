/** The search through plain lines, as a module of WebAssembly: `line-scan.ts` says what it finds. */
import {
  block,
  br,
  br_if,
  type Code,
  global,
  i8x16,
  i32,
  list,
  local,
  loop,
  name,
  section,
  sized,
  unsigned,
  v128,
  when,
} from "./instructions.ts";

const CR = 0x0d;
const LF = 0x0a;
/** Of 64 KiB. */
const pages = 4;
/** Octets of the module's memory. */
export const scannable = pages * 65_536;

// The function's parameters and variables.
const [at, last, lineStart, longest, stop] = [0, 1, 2, 3, 4];
const [octets, cr, lf, lineEnd] = [5, 6, 7, 8];
const get = local.get;
/** A bit for each of the octets that are this one. */
const those = (octet: Code): Code => i8x16.bitmask(i8x16.eq(get(octets), i8x16.splat(octet)));

const body = [
  block(
    loop(
      br_if(1, i32.gt_s(get(at), get(last))),
      local.set(octets, v128.load(get(at))),
      // Nearly all octets are above CR.
      when(
        i32.eqz(v128.any_true(i8x16.le_u(get(octets), i8x16.splat(i32.const(CR))))),
        local.set(at, i32.add(get(at), i32.const(16))),
        br(1),
      ),
      local.set(cr, those(i32.const(CR))),
      local.set(lf, those(i32.const(LF))),
      // Each LF follows a CR, and each CR precedes an LF.
      br_if(1, i32.ne(get(lf), i32.and(i32.shl(get(cr), i32.const(1)), i32.const(0xffff)))),
      br_if(1, i32.and(i32.shl(get(lf), i32.const(1)), those(get(stop)))),
      loop(
        when(
          get(lf),
          local.set(lineEnd, i32.add(i32.add(get(at), i32.ctz(get(lf))), i32.const(1))),
          br_if(3, i32.gt_s(i32.sub(get(lineEnd), get(lineStart)), get(longest))),
          local.set(lineStart, get(lineEnd)),
          // Without its lowest bit.
          local.set(lf, i32.and(get(lf), i32.sub(get(lf), i32.const(1)))),
          br(1),
        ),
      ),
      // A line end that is cut by the sixteen, or ends with them, is looked at again, together with what follows it.
      local.set(at, i32.add(get(at), i32.ctz(i32.or(i32.and(get(cr), i32.const(0xc000)), i32.const(0x10000))))),
      br(0),
    ),
  ),
  global.set(0, get(lineStart)),
  get(at),
];

const [i32Type, v128Type, functionType] = [0x7f, 0x7b, 0x60];
const variables = list([1, v128Type], [3, i32Type]);
const parameters = [i32Type, i32Type, i32Type, i32Type, i32Type].map((type) => [type]);
const [asFunction, asMemory, asGlobal] = [0, 2, 3];

/** Sections in their order (WebAssembly Core Specification, section 5.5). */
export const lineScanCode = Uint8Array.from([
  ...[0, ...Buffer.from("asm"), 1, 0, 0, 0],
  ...section(1, list([functionType, ...list(...parameters), ...list([i32Type])])),
  ...section(3, list([0])),
  ...section(5, list([0, ...unsigned(pages)])),
  ...section(6, list([i32Type, 1, ...i32.const(0), 0x0b])),
  ...section(
    7,
    list([...name("memory"), asMemory, 0], [...name("lineStart"), asGlobal, 0], [...name("scan"), asFunction, 0]),
  ),
  ...section(10, list(sized(variables, ...body, [0x0b]))),
]);
