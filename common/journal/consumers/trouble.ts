/** Why a delivery was in vain, as its dead letter tells it in the end. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

export const GONE: Trouble = { code: 'AGENT_CRASHED', message: 'its consumer has gone' };
export const LATE: Trouble = { code: 'TIMED_OUT', message: 'it was not settled in time' };
