/** References to the results of previous calls (RFC 8620 section 3.7), by JSON Pointer (RFC 6901) with `*`. */
import { isObject, type Json, type JsonObject, memberOf, objectOf } from "./json.ts";
import { MethodError } from "./method-error.ts";

/** What a call was answered with. */
export interface MethodResponse {
  readonly name: string;
  readonly args: JsonObject;
  readonly callId: string;
}

/** The most values that one reference may resolve to: `*` at several levels would multiply them. */
const mostValues = 100_000;

/**
 * The arguments with each `#name` replaced by what it refers to.
 * @throws MethodError `invalidResultReference`, or `invalidArguments` where an argument is there in both forms.
 */
export function resolveReferences(args: JsonObject, responses: readonly MethodResponse[]): JsonObject {
  const members = Object.entries(args);
  if (!members.some(([name]) => name.startsWith("#"))) return args;
  return objectOf(
    members.map(([name, value]): [string, Json] => {
      if (!name.startsWith("#")) return [name, value];
      const plain = name.slice(1);
      if (Object.hasOwn(args, plain))
        throw new MethodError("invalidArguments", `The argument ${plain} is there twice: by value and by reference.`);
      return [plain, resolve(value, { responses, argument: name })];
    }),
  );
}

interface ReferenceContext {
  readonly responses: readonly MethodResponse[];
  readonly argument: string;
}

function resolve(reference: Json, { responses, argument }: ReferenceContext): Json {
  const fail = (problem: string) => new MethodError("invalidResultReference", `${argument}: ${problem}.`);
  if (!isObject(reference)) throw fail("it must be an object with resultOf, name and path");
  const [resultOf, name, path] = ["resultOf", "name", "path"].map((key) => memberOf(reference, key));
  if (typeof resultOf !== "string" || typeof name !== "string" || typeof path !== "string")
    throw fail("resultOf, name and path must be texts");
  const response = responses.find(({ callId }) => callId === resultOf);
  if (!response) throw fail(`no call before this one has the id ${JSON.stringify(resultOf)}`);
  if (response.name !== name)
    throw fail(`the call ${JSON.stringify(resultOf)} was answered by ${response.name}, not by ${name}`);
  if (path !== "" && !path.startsWith("/")) throw fail("its path must be empty or begin with /");
  const found = evaluate(response.args, path === "" ? [] : path.slice(1).split("/").map(unescaped));
  if (found === undefined) throw fail(`nothing is at ${JSON.stringify(path)} in what ${name} was answered with`);
  return found;
}

function unescaped(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** `*` in an array stands for each of its elements; what comes out as an array of each is joined into one. */
function evaluate(value: Json, tokens: readonly string[]): Json | undefined {
  const [token, ...rest] = tokens;
  if (token === undefined) return value;
  if (!Array.isArray(value)) {
    const member = isObject(value) ? memberOf(value, token) : undefined;
    return member === undefined ? undefined : evaluate(member, rest);
  }
  if (token !== "*") {
    const element = /^(?:0|[1-9]\d{0,9})$/.test(token) ? value[Number(token)] : undefined;
    return element === undefined ? undefined : evaluate(element, rest);
  }
  const joined: Json[] = [];
  for (const element of value) {
    const found = evaluate(element, rest);
    if (found === undefined) return undefined;
    if (Array.isArray(found)) for (const one of found) joined.push(one);
    else joined.push(found);
    if (joined.length > mostValues) return undefined;
  }
  return joined;
}
