/**
 * Where a command's words go: data to standard output in the form that was asked for, everything else to standard error.
 * A script that reads one of the machine forms gets exactly that and nothing between. Whatever is in the words does nothing
 * to the terminal.
 */
import picocolors from 'picocolors';
import { harmlessText } from './harmless-text.js';
import { jsonText } from './json-text.js';
import { type Column, tableText } from './table.js';

export const outputFormats = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];
export type Colors = ReturnType<typeof picocolors.createColors>;

export interface OutputStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface ListForm<Row> {
  readonly columns: readonly Column<Row>[];
  /** What `-o name` prints of a row. */
  readonly name: (row: Row) => string;
  /** Said on standard error instead of an empty table. */
  readonly empty: string;
}

export class Output {
  /** For text on standard output; plain where that is no terminal. */
  readonly colors: Colors;
  /** For text on standard error. */
  readonly noteColors: Colors;

  constructor(
    private readonly streams: OutputStreams,
    readonly format: OutputFormat,
    colors: boolean | undefined,
  ) {
    this.colors = picocolors.createColors(colors ?? streams.stdout.isTTY === true);
    this.noteColors = picocolors.createColors(colors ?? streams.stderr.isTTY === true);
  }

  /** For people, as opposed to a form that programs read. */
  get isHuman(): boolean {
    return this.format === 'table' || this.format === 'wide';
  }

  get isTerminal(): boolean {
    return this.streams.stdout.isTTY === true;
  }

  get roomColumns(): number {
    return this.isTerminal ? this.streams.stdout.columns || 80 : Number.POSITIVE_INFINITY;
  }

  get roomRows(): number {
    return this.streams.stdout.rows || 24;
  }

  get stdout(): NodeJS.WriteStream {
    return this.streams.stdout;
  }

  get stderr(): NodeJS.WriteStream {
    return this.streams.stderr;
  }

  /** A finished list. */
  async list<Row>(rows: readonly Row[], form: ListForm<Row>): Promise<void> {
    if (this.isHuman) {
      const columns = form.columns.filter(({ wide }) => this.format === 'wide' || wide !== true);
      if (rows.length === 0) this.note(form.empty);
      else this.text(tableText(rows, columns, this.roomColumns));
    } else if (this.format === 'json') this.text(jsonText(rows, 2));
    else if (this.format === 'yaml') await this.yaml(rows);
    else for (const row of rows) this.text(this.format === 'name' ? form.name(row) : jsonText(row));
  }

  /** One value. */
  async value<Value>(value: Value, human: (value: Value) => string, name: (value: Value) => string): Promise<void> {
    if (this.isHuman) this.text(human(value));
    else if (this.format === 'yaml') await this.yaml(value);
    else if (this.format === 'name') this.text(name(value));
    else this.text(jsonText(value, this.format === 'json' ? 2 : undefined));
  }

  /** One of many that come: a line each, so that a reader need not wait for an end. */
  async item<Value>(value: Value, human: (value: Value) => string, name: (value: Value) => string): Promise<void> {
    if (this.isHuman) this.text(human(value));
    else if (this.format === 'yaml') await this.yaml(value, '---\n');
    else this.text(this.format === 'name' ? name(value) : jsonText(value));
  }

  text(text: string): void {
    this.streams.stdout.write(`${harmlessText(text, this.colors.isColorSupported)}\n`);
  }

  /** As somebody else wrote it, whatever a terminal makes of that: for who asked for exactly this. */
  asWritten(text: string): void {
    this.streams.stdout.write(`${text}\n`);
  }

  /** A message: never data. */
  note(text: string): void {
    this.streams.stderr.write(`${harmlessText(text, this.noteColors.isColorSupported)}\n`);
  }

  warn(text: string): void {
    for (const line of text.split('\n')) this.note(`${this.noteColors.yellow('warning:')} ${line}`);
  }

  private async yaml(value: unknown, before = ''): Promise<void> {
    const { yamlText } = await import('../../common/config/source/yaml-source.js');
    const plain: unknown = JSON.parse(jsonText(value));
    this.text(`${before}${yamlText(plain).trimEnd()}`);
  }
}
