// region secondsToWait
// How many seconds to wait before the same request can succeed; null if it cannot, or not within a minute.
export function secondsToWait(errors = []) {
  const waits = errors.filter(({ extensions }) => extensions?.retryable).map(({ extensions }) => extensions.retryAfterSeconds ?? 1);
  const seconds = Math.max(...waits); // -Infinity for none
  return waits.length > 0 && seconds <= 60 ? seconds : null;
}
// endregion
