/** Makes the next item while the last one is being used: two things wait for each other less, and never more than one item is ahead. */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = iterator.next()
      next.catch(() => {}) // it is told when its turn comes, or nobody asks any more
      yield value
    }
  } finally {
    // Only asks it to stop: one that waits for the database would be waited for, and ends with the connection.
    void iterator.return?.().then(undefined, () => {})
  }
}
