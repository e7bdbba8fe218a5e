/** An option as a command declares it. */
export interface OptionSpec {
  /** As commander reads it: `-n, --last <count>`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
}
