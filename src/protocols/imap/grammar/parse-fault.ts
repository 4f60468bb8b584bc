/** Why a command cannot be understood. Thrown within the grammar alone: `CommandReader` makes a result of it. */
export class ParseFault extends Error {
  override readonly name = "ParseFault";
  readonly status: "BAD" | "NO";
  /** What goes in brackets; null for nothing. */
  readonly responseCode: string | null;

  /** @param message goes to the client as it is. */
  constructor(message: string, answer: { readonly status: "BAD" | "NO"; readonly code: string | null } = BAD) {
    super(message);
    this.status = answer.status;
    this.responseCode = answer.code;
  }
}

const BAD = { status: "BAD", code: null } as const;
