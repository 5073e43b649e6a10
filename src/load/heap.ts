/**
 * A binary min-heap of items with numeric keys, in two flat arrays, so that adding one allocates nothing. The order of items with
 * equal keys is not defined.
 */
export class Heap<Item> {
  readonly #keys: number[] = [];
  readonly #items: Item[] = [];

  /** The smallest key; Infinity where the heap is empty. */
  get firstKey(): number {
    return this.#keys[0] ?? Number.POSITIVE_INFINITY;
  }

  /** The item with the smallest key; undefined where the heap is empty. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  add(key: number, item: Item): void {
    let at = this.#items.length;
    this.#keys.push(key);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keyAt(parent) <= key) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes out the item with the smallest key. */
  shift(): Item | undefined {
    this.#swap(0, this.#items.length - 1);
    this.#keys.pop();
    const first = this.#items.pop();
    this.#sinkFirst();
    return first;
  }

  #sinkFirst(): void {
    for (let at = 0, child = 1; child < this.#items.length; at = child, child = 2 * at + 1) {
      if (this.#keyAt(child + 1) < this.#keyAt(child)) child += 1;
      if (this.#keyAt(at) <= this.#keyAt(child)) return;
      this.#swap(at, child);
    }
  }

  #keyAt(at: number): number {
    return this.#keys[at] ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const key = keys[a];
    const item = items[a];
    if (key === undefined || item === undefined) return;
    keys[a] = this.#keyAt(b);
    items[a] = items[b] ?? item;
    keys[b] = key;
    items[b] = item;
  }
}
