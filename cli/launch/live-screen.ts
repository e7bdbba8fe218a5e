/** Where the live view of `mesh up` appears: drawn on the screen of a terminal, a line per change anywhere else. */

import { type ProcessRow, stateText } from '../rows/process-row.js';
import { type ErrorRow, errorLine } from '../rows/record-row.js';
import type { Output } from '../terminal/output.js';
import { TerminalScreen } from '../terminal/terminal-screen.js';
import { changesBetween, type LivePicture, liveText } from './live-view.js';

export interface LiveScreen {
  show(picture: LivePicture): Promise<void>;
  onError(row: ErrorRow): Promise<void>;
  onNote(text: string): void;
  close(): void;
}

export const openLiveScreen = (output: Output): LiveScreen =>
  output.isTerminal && output.isHuman ? new DrawnScreen(output) : new LineScreen(output);

class DrawnScreen implements LiveScreen {
  readonly #screen: TerminalScreen;

  constructor(output: Output) {
    this.#screen = new TerminalScreen(output);
  }

  async show(picture: LivePicture): Promise<void> {
    this.#screen.draw((frame) => liveText(picture, frame));
  }

  /** Errors and notes are part of the picture. */
  async onError(): Promise<void> {}
  onNote(): void {}

  close(): void {
    this.#screen.close();
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
