/** What was typed after a command, read by type: a value that is not what its option wants is refused as USAGE. */
import { MeshError } from '../../common/core/errors.js';

export class Arguments {
  constructor(
    private readonly operands: readonly (string | readonly string[] | undefined)[],
    private readonly options: Readonly<Record<string, unknown>>,
  ) {}

  /** An operand that the syntax makes obligatory. */
  operand(index: number): string {
    return this.optionalOperand(index) ?? '';
  }

  optionalOperand(index: number): string | undefined {
    const value = this.operands[index];
    return typeof value === 'string' ? value : undefined;
  }

  /** The operands of a `[name...]`. */
  list(index: number): readonly string[] {
    const value = this.operands[index];
    return Array.isArray(value) ? value : [];
  }

  flag(name: string): boolean {
    return this.options[name] === true;
  }

  /** A flag with a negative form: `--no-follow` makes `follow` false. */
  isOff(name: string): boolean {
    return this.options[name] === false;
  }

  text(name: string): string | undefined {
    const value = this.options[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** A whole number within bounds. @throws MeshError USAGE */
  count(name: string, range: { readonly min?: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const { min = 0, max } = range;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new MeshError('USAGE', `--${kebab(name)} must be a whole number from ${min} to ${max}, not "${text}"`, {
      hint: 'run the command with --help to see its options',
    });
  }
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
