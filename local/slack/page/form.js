// What people typed and chose in one view or message, as Slack's state.values shows it.

export class Form {
  constructor() {
    this.entries = new Map();
    this.shown = new Set();
  }

  /** Call before the blocks are drawn again: what is not drawn then is forgotten. */
  begin() {
    this.shown = new Set();
  }

  finish() {
    for (const key of this.entries.keys()) if (!this.shown.has(key)) this.entries.delete(key);
  }

  /** Return the present value of an element; an element that is new starts with `initial`. */
  enter(block, action, initial) {
    const key = JSON.stringify([block, action]);
    this.shown.add(key);
    if (this.entries.get(key)?.type !== initial.type) this.entries.set(key, initial);
    return this.entries.get(key);
  }

  /** A block that stays as it was drawn keeps what was typed in it. */
  stays(block) {
    for (const key of this.entries.keys()) if (JSON.parse(key)[0] === block) this.shown.add(key);
  }

  fill(values) {
    for (const [block, actions] of Object.entries(values ?? {})) {
      for (const [action, value] of Object.entries(actions)) this.set(block, action, value);
    }
  }

  set(block, action, value) {
    this.entries.set(JSON.stringify([block, action]), value);
  }

  get(block, action) {
    return this.entries.get(JSON.stringify([block, action]));
  }

  values() {
    const values = {};
    for (const [key, value] of this.entries) {
      const [block, action] = JSON.parse(key);
      (values[block] ??= {})[action] = value;
    }
    return values;
  }
}

/** Whether a value object says nothing. */
export function isEmpty(value) {
  const said = Object.entries(value ?? {}).filter(([name]) => name !== "type").map(([, part]) => part);
  return said.every((part) => part === null || part === undefined || part === "" || (Array.isArray(part) && !part.length));
}
