/** Why a request was not let through to what it asks for. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 421 | 429 | 503;
  /** For the client: what to do. Never reveals whether an account exists. */
  readonly detail: string;
}

export type Judged<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

export function granted<Value>(value: Value): Judged<Value> {
  return { ok: true, value };
}

export function refused(status: Refusal["status"], detail: string): Judged<never> {
  return { ok: false, refusal: { status, detail } };
}
