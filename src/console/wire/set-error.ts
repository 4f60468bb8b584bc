/** A SetError (RFC 8620 section 5.3) as words that stand at the fields to blame. */

export interface SetError {
  readonly type: string;
  readonly description?: string;
  /** Names of fields, or pointers to a member: `bind/[::]:25`. */
  readonly properties?: readonly string[];
  readonly validationErrors?: readonly ValidationError[];
  readonly existingId?: string;
  readonly linkedObjects?: readonly unknown[];
}

interface ValidationError {
  readonly type: "Invalid" | "Required" | "MaxLength" | "MinLength" | "MaxValue" | "MinValue";
  readonly property: string;
  readonly value?: unknown;
  readonly required?: number;
}

export interface FieldError {
  /** To the field or the member of it; empty for the whole object. */
  readonly pointer: string;
  readonly message: string;
}

export function fieldErrorsOf(error: SetError): FieldError[] {
  const known = (error.validationErrors ?? []).map((invalid) => ({
    pointer: invalid.property,
    message: wordsOf(invalid, error.description),
  }));
  const told = new Set(known.map(({ pointer }) => pointer));
  const message = error.description ?? typeWords[error.type] ?? `The server refused this: ${error.type}.`;
  const others = (error.properties ?? []).filter((pointer) => !told.has(pointer));
  const rest = others.map((pointer) => ({ pointer, message }));
  const all = [...known, ...rest];
  return all.length > 0 ? all : [{ pointer: "", message: message + linkedText(error) }];
}

function wordsOf({ type, value, required = 0 }: ValidationError, description: string | undefined): string {
  switch (type) {
    case "Required":
      return "This is needed.";
    case "MaxLength":
      return `At most ${required} long.`;
    case "MinLength":
      return `At least ${required} long.`;
    case "MaxValue":
      return `At most ${required}.`;
    case "MinValue":
      return `At least ${required}.`;
    case "Invalid":
      return description ?? (value === undefined ? "This is not valid." : `${JSON.stringify(value)} is not valid.`);
  }
}

const typeWords: Readonly<Record<string, string>> = {
  forbidden: "Your account may not do this.",
  notFound: "It is not there any more.",
  primaryKeyViolation: "This name is taken.",
  alreadyExists: "There is one like it already.",
  objectIsLinked: "It is in use.",
  invalidForeignKey: "What it refers to is not there.",
  rateLimit: "Too many changes at once. Wait a moment.",
  tooLarge: "That is more than the server takes.",
  singleton: "There is exactly one of these.",
};

function linkedText({ linkedObjects = [] }: SetError): string {
  const names = linkedObjects.map((linked) =>
    typeof linked === "object" && linked !== null
      ? `${Reflect.get(linked, "object")} ${Reflect.get(linked, "id")}`
      : String(linked),
  );
  return names.length === 0 ? "" : ` It is used by ${names.join(", ")}.`;
}
