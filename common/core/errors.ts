/**
 * The one list of failures. Every error that crosses a boundary (a socket, an exit code, a record) carries one of
 * these codes; anything else becomes INTERNAL, with a bland public sentence and the full cause kept for the log.
 *
 * `retryable` means: the same request may succeed later, and repeating it cannot do harm because it did not run. An error
 * with `ran: true` among its details is none of these, whatever its code: an action had begun when it came upon it.
 */
interface ErrorTrait {
  readonly retryable: boolean;
  /** Status an HTTP door answers with. */
  readonly httpStatus: number;
  /** Exit status of `mesh`: 1 failed, 2 usage, 3 not found, 4 unreachable, 5 denied, 6 conflict, 7 degraded. */
  readonly exitCode: number;
  readonly sentence: string;
}

const trait = (retryable: boolean, httpStatus: number, exitCode: number, sentence: string): ErrorTrait => ({
  retryable,
  httpStatus,
  exitCode,
  sentence,
});

export const errorTable = {
  BAD_FRAME: trait(false, 400, 1, 'the bytes are not a sequence of well-formed envelopes'),
  BAD_VERSION: trait(false, 400, 1, 'the peer speaks another version of the protocol'),
  UNKNOWN_METHOD: trait(false, 404, 3, 'nothing here answers that method'),
  INVALID_INPUT: trait(false, 400, 2, 'the input breaks the schema of the method'),
  INVALID_OUTPUT: trait(false, 502, 1, 'the answer breaks the schema of the method'),
  TOO_LARGE: trait(false, 413, 1, 'the value is larger than its limit'),
  QUEUE_FULL: trait(true, 503, 1, 'a bounded queue is full'),
  OVERLOADED: trait(true, 503, 1, 'it has more to do than it can take on in time'),
  EXPIRED: trait(true, 504, 124, 'its time was over before it began'),
  CIRCUIT_OPEN: trait(true, 503, 4, 'the peer failed too often and is left alone for a moment'),
  NOT_FOUND: trait(false, 404, 3, 'there is no such thing'),
  UNREACHABLE: trait(true, 503, 4, 'the peer cannot be reached'),
  TIMED_OUT: trait(false, 504, 124, 'no answer came within the time allowed'),
  CONNECTION_LOST: trait(false, 502, 4, 'the connection broke while the request was out: it may have run'),
  AGENT_CRASHED: trait(false, 502, 1, 'the agent died while it held the call'),
  ACTION_FAILED: trait(false, 502, 1, 'the action threw'),
  STALE_EPOCH: trait(false, 409, 6, 'a newer incarnation has taken over'),
  NOT_ATTACHED: trait(true, 409, 6, 'the node does not know this incarnation of the agent'),
  CONFLICT: trait(false, 409, 6, 'the request contradicts what is already there'),
  ALREADY_RUNNING: trait(false, 409, 6, 'it runs already'),
  DENIED: trait(false, 403, 5, 'whoever asks may not do that'),
  INSECURE: trait(false, 403, 5, 'a socket would listen beyond loopback without encryption'),
  CONFIG_INVALID: trait(false, 400, 2, 'the configuration is not valid'),
  PORT_IN_USE: trait(false, 409, 6, 'the port is taken'),
  JOURNAL_FAILED: trait(true, 503, 7, 'the journal cannot be written'),
  JOURNAL_DAMAGED: trait(false, 500, 7, 'the journal does not hold what was written'),
  JOURNAL_GAP: trait(true, 409, 6, 'records are missing before these'),
  DEGRADED: trait(true, 503, 7, 'it works in part'),
  CLOSED: trait(true, 503, 4, 'it has been closed'),
  INTERRUPTED: trait(false, 499, 130, 'it was interrupted'),
  USAGE: trait(false, 400, 2, 'the command was not understood'),
  OUTPUT_FAILED: trait(false, 500, 1, 'the output could not be written'),
  START_FAILED: trait(true, 503, 1, 'it did not start'),
  INTERNAL: trait(false, 500, 1, 'something went wrong inside'),
} as const;

export type ErrorCode = keyof typeof errorTable;

/** What of an error travels: to a peer, to `--json`, into a record. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  /** The next step, as an imperative sentence or a command. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface MeshErrorOptions {
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Marks a MeshError, whichever copy of this module made it. */
const BRAND = Symbol.for('agent-mesh.MeshError');

/**
 * The only error class of the mesh. `message` says what happened, and to what; `hint` what to do next. It is known by its
 * mark: the module of an agent may bring a copy of the SDK of its own, and what that throws is no stranger's error.
 */
export class MeshError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  override readonly name = 'MeshError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string = errorTable[code].sentence, options: MeshErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get [BRAND](): true {
    return true;
  }

  /** It did not run, and may be repeated. */
  get retryable(): boolean {
    return errorTable[this.code].retryable && this.details?.['ran'] !== true;
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  /** Rebuilds an error from what a peer sent; a code we do not know becomes INTERNAL and is kept in the message. */
  static fromBody(body: {
    code: string;
    message: string;
    hint?: string;
    details?: Record<string, unknown>;
  }): MeshError {
    const options: MeshErrorOptions = {
      ...(body.hint === undefined ? {} : { hint: body.hint }),
      ...(body.details === undefined ? {} : { details: body.details }),
    };
    return isErrorCode(body.code)
      ? new MeshError(body.code, body.message, options)
      : new MeshError('INTERNAL', `${body.code}: ${body.message}`, options);
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** Any thrown value as a MeshError; a foreign one is INTERNAL, its text and stack stay in `cause`. */
export function toMeshError(thrown: unknown): MeshError {
  if (thrown instanceof MeshError) return thrown;
  return new MeshError('INTERNAL', errorTable.INTERNAL.sentence, { cause: thrown });
}

/** The message of any thrown value, for a log line or for the text of another error. Never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return `a value of type ${typeof thrown} that cannot be shown`;
  }
}

/** `ENOENT`, `EADDRINUSE`, `SQLITE_FULL` … of a system error, or undefined. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
