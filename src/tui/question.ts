import type { Task } from './task.ts';

/** A question in the foot line, with what is typed for an answer. */
export type Ask =
  /** A trace's source, then its destination. */
  | { what: 'from'; text: string; to: string }
  | { what: 'to'; text: string; from: string }
  | { what: 'save'; text: string }
  | { what: 'overwrite'; text: string; task: Extract<Task, { kind: 'save' }> };

/** The question in words. */
export function askWords(ask: Ask): string {
  switch (ask.what) {
    case 'from':
      return 'trace from (pod, service, node, address, internet): ';
    case 'to':
      return `trace from ${ask.from} to (NAME[:PORT][/PROTOCOL]): `;
    case 'save':
      return 'save as (.txt, .json, .mmd): ';
    case 'overwrite':
      return `${ask.task.file} exists. Overwrite it? (y/n) `;
  }
}
