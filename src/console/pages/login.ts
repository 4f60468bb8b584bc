/** The door. */
import { html, nothing, type TemplateResult } from "lit-html";
import { messageOf, WireError } from "../wire/jmap.ts";
import { logIn } from "../wire/session.ts";

export class LoginPage {
  readonly title = "Log in";
  #busy = false;
  #problem: string | null = null;
  readonly #changed: () => void;
  readonly #entered: () => void;

  constructor(changed: () => void, entered: () => void) {
    this.#changed = changed;
    this.#entered = entered;
  }

  view(): TemplateResult {
    return html`<main class="login">
      <form
        class="card"
        @submit=${(event: SubmitEvent) => {
          event.preventDefault();
          void this.#submit(event.target as HTMLFormElement);
        }}
      >
        <h1><span class="mark" aria-hidden="true"></span>Gatehouse</h1>
        <label for="username">Account</label>
        <input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          aria-describedby=${this.#problem ? "problem" : nothing}
        />
        ${this.#problem ? html`<p class="error" id="problem" role="alert">${this.#problem}</p>` : nothing}
        <button class="primary" ?disabled=${this.#busy}>${this.#busy ? "Logging in…" : "Log in"}</button>
      </form>
    </main>`;
  }

  async #submit(form: HTMLFormElement): Promise<void> {
    if (this.#busy) return;
    const entries = new FormData(form);
    this.#busy = true;
    this.#problem = null;
    this.#changed();
    try {
      await logIn(String(entries.get("username")), String(entries.get("password")));
      this.#entered();
    } catch (error) {
      const isWrong = error instanceof WireError && error.problem === "unauthorized";
      this.#problem = isWrong ? "Account and password do not belong together." : messageOf(error);
      document.getElementById("password")?.focus();
    } finally {
      this.#busy = false;
      this.#changed();
    }
  }
}
