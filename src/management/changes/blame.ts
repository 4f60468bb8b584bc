/** Which of the objects of a request keep its changes from being made, and why. */
import { type ChangeProblem, type DocumentChange, DocumentChangeError, type SectionName } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import type { Json } from "../jmap/json.ts";
import { invalidProperty, type SetError, setError } from "./set-error.ts";

/** The id of the object that is known by a name, or an address; undefined where none that is there has it. */
export type KnownIds = (section: SectionName, text: string) => string | undefined;

/** One for each change, in their order. */
export function blame(error: unknown, changes: readonly DocumentChange[], idOf: KnownIds): SetError[] {
  const blamed =
    error instanceof DocumentChangeError ? byProblems(error.problems, { changes, idOf }) : byListeners(error, changes);
  const nobody = blamed.every((one) => one === undefined);
  return changes.map((_, index) => blamed[index] ?? (nobody ? withCode(error) : rolledBack));
}

/** Nobody's mistake in the request: a full disk, a stop in between. */
function withCode(error: unknown): SetError {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return { ...failed(messageOf(error)), ...(typeof code === "string" ? { reason: code } : {}) };
}

/** For what was all right, and was not done because of others. */
export const rolledBack: SetError = setError(
  "validationFailed",
  "Nothing is wrong with this; it was not done because others of the request could not be.",
  { validationErrors: [], reason: "rolled-back" },
);

export function failed(description: string): SetError {
  return setError("validationFailed", description, { validationErrors: [] });
}

type Blamed = readonly (SetError | undefined)[];

function byProblems(
  problems: readonly ChangeProblem[],
  { changes, idOf }: { readonly changes: readonly DocumentChange[]; readonly idOf: KnownIds },
): Blamed {
  return changes.map((change, index) => {
    const own = problems.filter((problem) => problem.change === index);
    const errors = own.map((problem) => errorOf(problem, change, idOf));
    const [first] = errors;
    const linked = problems.find((problem) => unlinks(problem, change));
    if (linked) {
      const linkedObjects = [{ object: "x:SystemSettings", id: "singleton" }];
      return setError("objectIsLinked", "It is the default certificate: SystemSettings.defaultCertificateId.", {
        linkedObjects,
      });
    }
    if (!first || own.length === 1) return first;
    const properties = [...new Set(own.flatMap(({ path }) => (path.length > 0 ? [path.join("/")] : [])))];
    const validationErrors = errors.flatMap((error) => listIn(error["validationErrors"]));
    return {
      ...first,
      description: own.map(({ message }) => message).join("\n"),
      ...(properties.length > 0 ? { properties } : {}),
      ...(validationErrors.length > 0 ? { validationErrors } : {}),
    };
  });
}

function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Whoever takes the default certificate away is to blame for that it is not there. */
function unlinks({ section, path, change }: ChangeProblem, one: DocumentChange): boolean {
  const isDefault = section === "SystemSettings" && path[0] === "defaultCertificateId";
  return isDefault && change === null && one.kind === "destroy" && one.section === "Certificate";
}

function errorOf(problem: ChangeProblem, change: DocumentChange, idOf: KnownIds): SetError {
  const { reason, message, path, id } = problem;
  const property = path.join("/");
  switch (reason) {
    case "not-found":
      return setError("notFound", message);
    case "singleton":
      return setError("singleton", message);
    case "invalid-patch":
      return setError("invalidPatch", message, property === "" ? {} : { properties: [property] });
    case "exists":
      return setError(change.section === "NetworkListener" ? "primaryKeyViolation" : "alreadyExists", message, {
        existingId: id,
      });
    case "invalid":
      if (/^must be unique/.test(message)) return taken({ message, property }, change, idOf);
      if (path[0] === "defaultCertificateId" && /must be the id of/.test(message))
        return setError("invalidForeignKey", message, { properties: ["defaultCertificateId"] });
      return property === "" ? setError("invalidProperties", message) : invalidProperty(property, message);
  }
}

/** Another object has what this one would be known by. */
function taken(
  { message, property }: { readonly message: string; readonly property: string },
  change: DocumentChange,
  idOf: KnownIds,
): SetError {
  const value = change.kind === "destroy" ? null : (change.kind === "create" ? change.value : change.patch)[property];
  const existingId = typeof value === "string" ? idOf(change.section, value) : undefined;
  return setError(change.section === "NetworkListener" ? "primaryKeyViolation" : "alreadyExists", message, {
    properties: [property],
    ...(existingId === undefined ? {} : { existingId }),
  });
}

/** What the start would have said of an address stands at the listener whose it is. */
function byListeners(error: unknown, changes: readonly DocumentChange[]): Blamed {
  const failures = failuresIn(error);
  return changes.map((change) => {
    if (change.section !== "NetworkListener" || change.kind === "destroy") return undefined;
    const names = [
      change.kind === "create" ? change.value["name"] : change.patch["name"],
      "id" in change ? change.id : null,
    ];
    const failure = failures.find(({ listener }) => names.includes(listener));
    if (!failure) return undefined;
    const { code, errno, address } = failure;
    return invalidProperty("bind", failure.description, {
      reason: code,
      ...(errno === undefined ? {} : { errno }),
      ...(address === undefined ? {} : { address }),
    });
  });
}

interface ListenerFailure {
  readonly listener: string;
  readonly description: string;
  readonly code: string;
  readonly errno?: string;
  readonly address?: string;
}

function failuresIn(error: unknown, listener: string | null = null): ListenerFailure[] {
  if (!(error instanceof Error)) return [];
  const named = "listener" in error && typeof error.listener === "string" ? error.listener : listener;
  const inner = error instanceof AggregateError ? error.errors.flatMap((one: unknown) => failuresIn(one, named)) : [];
  if (inner.length > 0 || named === null) return inner;
  const text = (field: string): string | undefined => {
    const value: unknown = Object.getOwnPropertyDescriptor(error, field)?.value;
    return typeof value === "string" ? value : undefined;
  };
  const [errno, address] = [text("errno"), text("address")];
  return [
    {
      listener: named,
      description: error.message,
      code: text("code") ?? "listener-failed",
      ...(errno === undefined ? {} : { errno }),
      ...(address === undefined ? {} : { address }),
    },
  ];
}
