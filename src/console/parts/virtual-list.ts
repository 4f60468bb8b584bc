/** A list of any length, of which only the rows in sight are in the page. All rows are of one height. */
import { html, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";

interface ListOptions {
  /** Pixels; the style sheet has the same. */
  readonly rowHeight: number;
  /** Something has come into sight: the page is to be drawn anew. */
  changed(): void;
}

export interface ListContent {
  /** `tree` or `listbox`. */
  readonly role: string;
  readonly label: string;
  readonly count: number;
  /** The picked row; -1 for none. */
  readonly picked: number;
  /** @param id of the element, so that the list can name the picked one. */
  row(index: number, id: string): TemplateResult;
  /** A row is to be picked, by a key. */
  pick(index: number): void;
  /** Another key. */
  key?(event: KeyboardEvent): void;
}

/** Rows above and below those in sight. */
const spare = 6;
/** Pixels from the end within which one counts as being there. */
const nearEnd = 4;

let lists = 0;

export class VirtualList {
  readonly #options: ListOptions;
  readonly #id: string;
  #element: HTMLElement | null = null;
  #top = 0;
  #height = 600;
  #follows = false;
  readonly #resized = new ResizeObserver(() => this.#look());

  constructor(options: ListOptions) {
    this.#options = options;
    lists += 1;
    this.#id = `list-${lists}`;
  }

  view({ role, label, count, picked, row, pick, key }: ListContent): TemplateResult {
    const { rowHeight } = this.#options;
    const first = Math.max(0, Math.min(Math.floor(this.#top / rowHeight), count - 1) - spare);
    const last = Math.min(count, Math.ceil((this.#top + this.#height) / rowHeight) + spare);
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(row(index, this.#rowId(index)));
    const onKey = (event: KeyboardEvent): void => {
      const target = this.#target(event.key, { count, picked });
      if (target === null) key?.(event);
      else {
        event.preventDefault();
        if (count > 0) {
          pick(target);
          this.reveal(target);
        }
      }
    };
    // Styles by way of the object model: the policy of the page allows no attributes of style.
    return html`<div
      class="virtual"
      role=${role}
      tabindex="0"
      aria-label=${label}
      aria-activedescendant=${picked >= first && picked < last ? this.#rowId(picked) : ""}
      ${ref(this.#adopt)}
      @scroll=${this.#look}
      @keydown=${onKey}
    >
      <div role="presentation" .style=${`height:${count * rowHeight}px`}>
        <div role="presentation" .style=${`transform:translateY(${first * rowHeight}px)`}>${rows}</div>
      </div>
    </div>`;
  }

  /** Scrolls as little as possible. */
  reveal(index: number): void {
    if (!this.#element || index < 0) return;
    const { rowHeight } = this.#options;
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = this.#element;
    if (top < scrollTop) this.#element.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight) this.#element.scrollTop = top + rowHeight - clientHeight;
  }

  /** To be called when the page has been drawn: who was at the end stays there. */
  followEnd(follows: boolean): void {
    if (follows && this.#element && (!this.#follows || this.#isAtEnd))
      this.#element.scrollTop = this.#element.scrollHeight;
    this.#follows = follows;
  }

  #isAtEnd = true;

  readonly #adopt = (element: Element | undefined): void => {
    this.#resized.disconnect();
    this.#element = element instanceof HTMLElement ? element : null;
    if (this.#element) this.#resized.observe(this.#element);
  };

  readonly #look = (): void => {
    if (!this.#element) return;
    const { scrollTop, clientHeight, scrollHeight } = this.#element;
    this.#isAtEnd = scrollTop + clientHeight >= scrollHeight - nearEnd;
    if (scrollTop === this.#top && clientHeight === this.#height) return;
    this.#top = scrollTop;
    this.#height = clientHeight;
    this.#options.changed();
  };

  #target(key: string, { count, picked }: { readonly count: number; readonly picked: number }): number | null {
    const page = Math.max(1, Math.floor(this.#height / this.#options.rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: picked + 1,
      ArrowUp: picked - 1,
      PageDown: picked + page,
      PageUp: picked - page,
      Home: 0,
      End: count - 1,
    };
    const target = steps[key];
    return target === undefined ? null : Math.max(0, Math.min(count - 1, target));
  }

  #rowId(index: number): string {
    return `${this.#id}-${index}`;
  }
}
