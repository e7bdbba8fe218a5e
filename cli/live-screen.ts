/**
 * Where the live view appears: redrawn on the alternate screen of a terminal, so that the scroll-back stays as it was; a
 * line per change anywhere else. The only importer of log-update. `close` gives the terminal back as it was found.
 */
import { createLogUpdate } from 'log-update';
import { changesBetween, type LivePicture, liveText } from './live-view.js';
import type { Output } from './output.js';
import { type ProcessRow, stateText } from './process-row.js';
import { type ErrorRow, errorLine } from './record-row.js';

export interface LiveScreen {
  show(picture: LivePicture): Promise<void>;
  onError(row: ErrorRow): Promise<void>;
  onNote(text: string): void;
  close(): void;
}

export const openLiveScreen = (output: Output): LiveScreen =>
  output.isTerminal && output.isHuman ? new TerminalScreen(output) : new LineScreen(output);

const ENTER_ALTERNATE = '\u001b[?1049h\u001b[H';
const LEAVE_ALTERNATE = '\u001b[?1049l';

class TerminalScreen implements LiveScreen {
  readonly #update: ReturnType<typeof createLogUpdate>;
  #open = true;

  constructor(private readonly output: Output) {
    output.stdout.write(ENTER_ALTERNATE);
    this.#update = createLogUpdate(output.stdout);
  }

  async show(picture: LivePicture): Promise<void> {
    if (!this.#open) return;
    const { roomColumns, roomRows, colors } = this.output;
    this.#update(liveText(picture, { columns: roomColumns, rows: roomRows - 1, colors }));
  }

  /** Errors and notes are part of the picture. */
  async onError(): Promise<void> {}
  onNote(): void {}

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#update.clear();
    this.#update.done();
    this.output.stdout.write(LEAVE_ALTERNATE);
  }
}

class LineScreen implements LiveScreen {
  #shown: readonly ProcessRow[] | undefined;

  constructor(private readonly output: Output) {}

  async show({ processes }: LivePicture): Promise<void> {
    const changes = this.#shown === undefined ? processes : changesBetween(this.#shown, processes);
    this.#shown = processes;
    const { colors } = this.output;
    for (const row of changes) {
      await this.output.item(
        row,
        () => `${row.instance} ${stateText(row.state, colors)}${row.pid === null ? '' : ` pid ${row.pid}`}`,
        () => row.instance,
      );
    }
  }

  async onError(row: ErrorRow): Promise<void> {
    await this.output.item(
      { kind: 'error', ...row },
      () => errorLine(row, this.output.colors),
      () => row.fingerprint,
    );
  }

  onNote(text: string): void {
    this.output.note(text);
  }

  close(): void {}
}
