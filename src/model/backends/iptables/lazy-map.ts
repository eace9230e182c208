/** A map with other values, each made when it is first asked for: a dump may have tens of thousands of chains. */
export class LazyMap<Key, From, To> implements ReadonlyMap<Key, To> {
  readonly #from: ReadonlyMap<Key, From>;
  readonly #make: (value: From, key: Key) => To;
  readonly #made = new Map<Key, To>();

  constructor(from: ReadonlyMap<Key, From>, make: (value: From, key: Key) => To) {
    this.#from = from;
    this.#make = make;
  }

  get size(): number {
    return this.#from.size;
  }

  has(key: Key): boolean {
    return this.#from.has(key);
  }

  get(key: Key): To | undefined {
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const value = this.#from.get(key);
    if (value === undefined) return undefined;
    const fresh = this.#make(value, key);
    this.#made.set(key, fresh);
    return fresh;
  }

  keys(): MapIterator<Key> {
    return this.#from.keys();
  }

  *entries(): MapIterator<[Key, To]> {
    for (const key of this.#from.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  *values(): MapIterator<To> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[Key, To]> {
    return this.entries();
  }

  forEach(visit: (value: To, key: Key, map: ReadonlyMap<Key, To>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}
