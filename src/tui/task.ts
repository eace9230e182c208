/** Something to be done outside of the screen. */
export type Task =
  /** Puts a text on the terminal's clipboard. */
  | { kind: 'copy'; text: string }
  | { kind: 'save'; file: string; text: string; overwrite: boolean }
  /** Stops the program until the shell resumes it. */
  | { kind: 'suspend' };

/** What came of it, in words for the foot line; `exists`: the file is there and was not asked to be overwritten. */
export type Done = { words: string } | { exists: true };

/** Does tasks. A rejection is told in its words. */
export type Perform = (task: Task) => Promise<Done>;
