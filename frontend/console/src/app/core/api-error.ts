/** What the server refused, in its own words, which are for people. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 where there was no answer. */
    readonly status: number,
    message: string,
    readonly retryAfterSeconds = 0,
  ) {
    super(message);
  }

  static async from(answer: Response): Promise<ApiError> {
    const after = Number(answer.headers.get('Retry-After')) || 0;
    try {
      const body = (await answer.json()) as { message?: string };
      return new ApiError(answer.status, body.message || `The server answered ${answer.status}`, after);
    } catch {
      return new ApiError(answer.status, `The server answered ${answer.status}`, after);
    }
  }
}

export function offline(): ApiError {
  return new ApiError(0, 'The server cannot be reached. Check your connection and try again.');
}

/** An error in words for people. */
export function said(error: unknown): string {
  if (error instanceof ApiError && error.status === 429) {
    const wait = error.retryAfterSeconds;
    return wait ? `Too much at once. Try again in ${wait} s.` : 'Too much at once. Try again in a moment.';
  }
  return error instanceof Error && error.message ? error.message : 'Something went wrong.';
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
