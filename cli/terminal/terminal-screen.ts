/**
 * The alternate screen of a terminal: a text that is drawn over the one before, while the scroll-back stays as it was. The
 * only importer of log-update. `close` gives the terminal back as it was found. Idempotent.
 */
import { createLogUpdate } from 'log-update';
import { harmlessText } from './harmless-text.js';
import type { Output } from './output.js';

const ENTER_ALTERNATE = '\u001b[?1049h\u001b[H';
const LEAVE_ALTERNATE = '\u001b[?1049l';

/** The room that a text has, and whether it may have colours. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly colors: Output['colors'];
}

export class TerminalScreen {
  readonly #update: ReturnType<typeof createLogUpdate>;
  #open = true;

  constructor(private readonly output: Output) {
    output.stdout.write(ENTER_ALTERNATE);
    this.#update = createLogUpdate(output.stdout);
  }

  /** @param textOf the text for the terminal as it is now: people resize it */
  draw(textOf: (frame: Frame) => string): void {
    if (!this.#open) return;
    const { roomColumns, roomRows, colors } = this.output;
    // The line that the cursor ends on.
    this.#update(harmlessText(textOf({ columns: roomColumns, rows: roomRows - 1, colors }), colors.isColorSupported));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#update.clear();
    this.#update.done();
    this.output.stdout.write(LEAVE_ALTERNATE);
  }
}
