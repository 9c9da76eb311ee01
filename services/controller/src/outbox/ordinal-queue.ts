/** Numbers to be taken out in ascending order, put in mostly that way. */
export class OrdinalQueue {
  #items: number[] = []
  #head = 0
  #sorted = true

  get size(): number {
    return this.#items.length - this.#head
  }

  push(ordinal: number): void {
    const last = this.#items.at(-1)
    if (this.size > 0 && last !== undefined && last > ordinal) this.#sorted = false
    this.#items.push(ordinal)
  }

  peek(): number | undefined {
    this.#sort()
    return this.#items[this.#head]
  }

  shift(): number | undefined {
    const first = this.peek()
    if (first === undefined) return undefined
    this.#head += 1
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) this.#compact()
    return first
  }

  #sort(): void {
    if (this.#sorted) return
    this.#compact()
    this.#items.sort((a, b) => a - b)
    this.#sorted = true
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
